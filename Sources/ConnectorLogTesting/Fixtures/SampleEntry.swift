package import ConnectorLogCore

/// An entry as a test says it: `EntryDraft` with strings of its own.
package struct SampleEntry: Hashable, Sendable {
    package struct SampleBody: Hashable, Sendable {
        package var bytes: [UInt8]
        package var isBinary: Bool
        /// Nil when `bytes` is the whole.
        package var originalSize: Int?
        package var isTruncated: Bool

        package init(bytes: [UInt8], isBinary: Bool = false, originalSize: Int? = nil, isTruncated: Bool = false) {
            self.bytes = bytes
            self.isBinary = isBinary
            self.originalSize = originalSize
            self.isTruncated = isTruncated
        }

        package static func text(_ text: String) -> SampleBody { SampleBody(bytes: Array(text.utf8)) }
        package static func binary(_ bytes: [UInt8]) -> SampleBody { SampleBody(bytes: bytes, isBinary: true) }
    }

    package var teamID: Int64
    package var logTime: Timestamp
    package var connector: String
    package var event: String?
    package var method: String?
    package var uri: String?
    package var status: Int?
    /// Nil: by status and error.
    package var outcome: Outcome?
    package var durationMicroseconds: Int64?
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
    package var requestBody: SampleBody?
    package var responseBody: SampleBody?
    /// A JSON object.
    package var attributesJSON: String?

    package init(team: Int64, at logTime: Timestamp, connector: String = "hubspot", status: Int? = 200) {
        (teamID, self.logTime, self.connector, self.status) = (team, logTime, connector, status)
    }

    /// What a reader has to answer for this entry when the redactor finds nothing in it and no body exceeds its limit.
    package func stored(id: EntryID, logTime: Timestamp? = nil) -> LogEntry {
        var summary = EntrySummary(
            id: id, teamID: teamID, logTime: logTime ?? self.logTime, connectorIdentifier: connector,
            outcome: outcome ?? Outcome(status: status, hasError: errorName != nil || errorMessage != nil))
        summary.event = event
        summary.method = method
        summary.uri = uri
        summary.status = status
        summary.durationMicroseconds = durationMicroseconds
        summary.requestID = requestID
        summary.flowID = flowID
        summary.flowName = flowName
        summary.flowVersion = flowVersion
        summary.stateID = stateID
        summary.traceID = traceID
        summary.spanID = spanID
        summary.errorName = errorName
        summary.errorMessage = errorMessage
        var entry = LogEntry(summary: summary)
        entry.requestHeaders = requestHeaders
        entry.responseHeaders = responseHeaders
        entry.requestBody = requestBody.map(Self.stored)
        entry.responseBody = responseBody.map(Self.stored)
        entry.attributesJSON = attributesJSON
        return entry
    }

    private static func stored(_ body: SampleBody) -> Body {
        Body(
            bytes: body.bytes, isBinary: body.isBinary, originalSize: body.originalSize ?? body.bytes.count,
            isTruncated: body.isTruncated)
    }
}
