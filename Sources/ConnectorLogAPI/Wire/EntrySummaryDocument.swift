package import ConnectorLogCore

/// A log entry as lists show it. Every member is always there; what is not known is null.
package struct EntrySummaryDocument: Decodable, Equatable, Sendable {
    package var id: EntryID
    package var teamID: Int64
    package var connectorIdentifier: String
    package var logTime: Timestamp
    package var event: String?
    package var method: String?
    package var uri: String?
    package var status: Int?
    package var outcome: Outcome
    /// Milliseconds, to the microsecond.
    package var durationMilliseconds: Double?
    package var requestID: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var stateID: String?
    package var traceID: String?
    package var spanID: String?
    package var errorName: String?
    package var errorMessage: String?

    private enum CodingKeys: String, CodingKey {
        case id, event, method, uri, status, outcome
        case teamID = "team_id"
        case connectorIdentifier = "connector_identifier"
        case logTime = "log_time"
        case durationMilliseconds = "duration_ms"
        case requestID = "request_id"
        case flowID = "flow_id"
        case flowName = "flow_name"
        case flowVersion = "flow_version"
        case stateID = "state_id"
        case traceID = "trace_id"
        case spanID = "span_id"
        case errorName = "error_name"
        case errorMessage = "error_message"
    }
}

extension EntrySummary: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { writeMembers(to: &$0) }
    }

    package func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("team_id", teamID)
        json.member("connector_identifier", connectorIdentifier)
        json.member("log_time", logTime)
        json.member("event", event)
        json.member("method", method)
        json.member("uri", uri)
        json.member("status", status)
        json.member("outcome", outcome.name)
        json.member("duration_ms", thousandths: durationMicroseconds)
        json.member("request_id", requestID)
        json.member("flow_id", flowID)
        json.member("flow_name", flowName)
        json.member("flow_version", flowVersion)
        json.member("state_id", stateID)
        json.member("trace_id", traceID)
        json.member("span_id", spanID)
        json.member("error_name", errorName)
        json.member("error_message", errorMessage)
    }
}
