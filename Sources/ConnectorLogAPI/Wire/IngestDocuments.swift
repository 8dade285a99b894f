/// What `POST /v1/ingest` answers with 200, and, inside the error envelope, with 422 when no line was good.
package struct IngestDocument: Decodable, Equatable, Sendable {
    package struct RejectedLine: Decodable, Equatable, Sendable {
        /// From 1: the line of NDJSON, or the element of the array.
        package var line: Int
        /// Stable; `INVALID_JSON`, `MISSING_FIELD`, ...
        package var code: String
        /// The member that is to blame, where one is.
        package var field: String?
        package var message: String

        package init(line: Int, code: String, field: String?, message: String) {
            (self.line, self.code, self.field, self.message) = (line, code, field, message)
        }
    }

    package var accepted: Int
    package var rejected: [RejectedLine]
    package var meta: ErrorEnvelope.Meta

    package init(accepted: Int, rejected: [RejectedLine], requestID: String) {
        self.accepted = accepted
        self.rejected = rejected
        meta = ErrorEnvelope.Meta(requestID: requestID)
    }
}

extension IngestDocument: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("accepted", accepted)
            $0.member("rejected", rejected)
            $0.member("meta", meta)
        }
    }
}

extension IngestDocument.RejectedLine: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("line", line)
            $0.member("code", code)
            if let field { $0.member("field", field) }
            $0.member("message", message)
        }
    }
}

/// The error envelope with the lines that were refused: no line was good.
package struct IngestRefusal: JSONWritable {
    package var envelope: ErrorEnvelope
    package var rejected: [IngestDocument.RejectedLine]

    package init(envelope: ErrorEnvelope, rejected: [IngestDocument.RejectedLine]) {
        (self.envelope, self.rejected) = (envelope, rejected)
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            envelope.writeMembers(to: &$0)
            $0.member("rejected", rejected)
        }
    }
}
