import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The form that `POST /v1/ingest` takes: one JSON object a line, whose members are all at its top. What the server would
/// refuse is cut or left out; the recorder has left out texts that are too long already.
struct FlatForm: Sendable {
    /// Nil leaves it to the key.
    var teamID: Int64?
    /// What times ahead are measured from.
    var now: Date

    /// One line with its line feed.
    func line(_ record: Record) -> ByteBuffer {
        var writer = JSONObjectWriter(appendingTo: ByteBuffer())
        switch record {
        case .entry(let entry): write(entry, to: &writer)
        case .fault(let fault): write(fault, to: &writer)
        case .state(let change): write(change, to: &writer)
        }
        var line = writer.finish()
        line.writeInteger(UInt8(ascii: "\n"))
        return line
    }

    private func write(_ entry: ConnectorLogEntry, to writer: inout JSONObjectWriter) {
        writer.member("team_id", teamID)
        writer.member("connector_identifier", entry.connector.asConnector)
        writer.member("log_time", text(of: entry.time))
        writer.member("event", entry.context.event?.cut(to: FlatFormLimits.name))
        writer.member("method", entry.method?.asMethod)
        writer.member("uri", entry.uri)
        writer.member("status", entry.status?.asStatus)
        writer.member("outcome", entry.outcome?.rawValue)
        writer.member("duration_ms", thousandths: entry.duration?.microseconds)
        writer.member("request_id", entry.requestID?.asName)
        writer.run(entry.context)
        writer.member("trace_id", entry.context.traceID?.asHexadecimal(digits: 32))
        writer.member("span_id", entry.context.spanID?.asHexadecimal(digits: 16))
        var leftOut = entry.leftOut
        if !writer.headers("request_headers", entry.requestHeaders) { leftOut.append("request_headers") }
        writer.body("request_body", entry.requestBody)
        if !writer.headers("response_headers", entry.responseHeaders) { leftOut.append("response_headers") }
        writer.body("response_body", entry.responseBody)
        writer.member("error_name", entry.errorName?.cut(to: FlatFormLimits.name))
        writer.member("error_message", entry.errorMessage)
        writer.attributes(entry.attributes, leftOut: leftOut)
    }

    private func write(_ fault: ConnectorLogFault, to writer: inout JSONObjectWriter) {
        let name = fault.name.asName
        writer.member("type", "fault")
        writer.member("team_id", teamID)
        writer.member("name", name.isEmpty ? "Fault" : name)
        writer.member("log_time", text(of: fault.time))
        writer.run(fault.context)
        writer.member("connector_identifier", fault.connector?.asConnector)
        writer.member("entry_request_id", fault.entryRequestID?.asName)
        writer.member("kind", fault.kind?.cut(to: FlatFormLimits.name))
        writer.member("uri", fault.uri)
        writer.member("message", fault.message)
        writer.member("status_code", fault.statusCode?.asStatus)
        _ = writer.headers("response_headers", fault.responseHeaders)
        writer.body("response_body", fault.responseBody)
        writer.member("invoke_type", fault.invokeType?.cut(to: FlatFormLimits.name))
        writer.member("action", fault.action?.cut(to: FlatFormLimits.name))
    }

    private func write(_ change: ConnectorLogStateChange, to writer: inout JSONObjectWriter) {
        writer.member("type", "state")
        writer.member("team_id", teamID)
        writer.member("state_id", change.stateID.asName)
        writer.member("flow_id", change.flowID.asName)
        writer.member("flow_name", change.flowName?.asName)
        writer.member("flow_version", change.flowVersion?.asName)
        writer.member("status", change.status?.rawValue)
        writer.member("current_step", change.currentStep?.asName)
        writer.member("user", change.user?.asName)
        writer.member("join_uri", change.joinURI?.filter { $0 != "\0" })
        writer.member("created_at", text(of: change.createdAt))
        writer.member("updated_at", text(of: change.updatedAt))
    }

    /// Nil for a time that the server would refuse; it takes that of arrival then.
    private func text(of time: Date?) -> String? {
        guard let time, time.timeIntervalSince1970 >= 0, time.timeIntervalSince(now) <= FlatFormLimits.secondsAhead
        else { return nil }
        return time.rfc3339
    }
}

extension Int {
    fileprivate var asStatus: Int? { (100...599).contains(self) ? self : nil }
}

extension Duration {
    /// Within what the server takes.
    fileprivate var microseconds: Int64 {
        let (seconds, attoseconds) = min(max(self, .zero), FlatFormLimits.duration).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
