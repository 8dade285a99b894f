package import ConnectorLogCore

/// A call of a connector as somebody saw it who stood between the connector and the vendor: whole but for its bodies, of
/// which a beginning may be all that was kept. Nothing of it is redacted yet.
package struct RecordedCall: Sendable {
    /// What was kept of a body.
    package struct Capture: Sendable, Equatable {
        package var bytes: [UInt8]
        /// Bytes that the body had, or has had until the call ended.
        package var size: Int
        /// The body came to its end.
        package var isWhole: Bool

        package init(bytes: [UInt8], size: Int, isWhole: Bool = true) {
            (self.bytes, self.size, self.isWhole) = (bytes, size, isWhole)
        }

        package var isCut: Bool { size > bytes.count || !isWhole }
    }

    /// What made the call fail for a flow: becomes a root fault.
    package struct Fault: Sendable, Equatable {
        /// Such as "Bad Gateway".
        package var name: String
        /// The status that the connector got in the place of an answer.
        package var statusCode: Int

        package init(name: String, statusCode: Int) {
            (self.name, self.statusCode) = (name, statusCode)
        }
    }

    package var teamID: Int64
    package var connector: String
    package var startedAt: Timestamp
    /// Microseconds until the last byte of the answer, or until the call failed.
    package var duration: Int64 = 0
    package var method: String
    /// Where the call went, whole.
    package var uri: String
    /// Nil when no answer came.
    package var status: Int?
    package var event: String?
    package var requestID: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var stateID: String?
    package var traceID: String?
    package var spanID: String?
    package var errorName: String?
    package var errorMessage: String?
    package var requestHeaders: [HeaderField] = []
    package var responseHeaders: [HeaderField] = []
    /// Nil when there was none.
    package var requestBody: Capture?
    package var responseBody: Capture?
    /// Such as "1.1", of the answer.
    package var httpVersion: String?
    package var fault: Fault?

    package init(teamID: Int64, connector: String, startedAt: Timestamp, method: String, uri: String) {
        self.teamID = teamID
        self.connector = connector
        self.startedAt = startedAt
        self.method = method
        self.uri = uri
    }
}
