import ConnectorLogCore

/// Envoy: `json_format` of an access log, with the names that Envoy's own default and Istio's have, and some of ours.
/// Values are texts, numbers or null, as the operator has it.
extension AccessLogDecoder {
    private enum Operator: String, MemberName {
        // Literals of the configuration.
        case connector, event, flow_id, flow_name, state_id
        case start_time, duration
        case method, scheme, authority, path, response_code
        case response_flags_long, response_code_details, upstream_transport_failure_reason
        case request_id, traceparent, user_agent, x_forwarded_for
        case bytes_received, bytes_sent
        case request_headers, response_headers
        // Also an attribute.
        case response_flags
    }

    private static let operators = NamedMemberReader<Operator>()

    mutating func readEnvoy(_ contents: inout JSONContents) throws(LineError) {
        let (line, others) = try read(&contents, Self.operators)
        guard line[.path] != nil || line[.response_code] != nil else {
            throw LineError(.missingField, field: "path", "neither path nor response_code is in the line")
        }
        if let start = value(line[.start_time]).flatMap({ Timestamp(rfc3339: $0) }) {
            try entry.setTime(start, arrival: arrival)
        } else {
            entry.draft.logTime = arrival.microseconds
        }
        if let took = try? Self.number(value(line[.duration]))?.rounded(places: 3) { entry.setDuration(took) }
        let authority = value(line[.authority])
        entry.draft.uri = entry.text(
            uri(scheme: value(line[.scheme]), host: authority, target: value(line[.path])), "uri", limit: Limits.uri)
        entry.draft.method = entry.method(value(line[.method]))
        if let status = wholeNumber(line[.response_code]) { entry.setStatus(status) }
        setError(line)
        entry.draft.requestID = entry.identifier(value(line[.request_id]), "request_id")
        addHeader("user-agent", value(line[.user_agent]), to: .request)
        addHeader("x-forwarded-for", value(line[.x_forwarded_for]), to: .request)
        addHeader("traceparent", value(line[.traceparent]), to: .request)
        try addHeaders(line[.request_headers], to: .request)
        try addHeaders(line[.response_headers], to: .response)
        entry.draft.requestBody = EntryDraft.Body(ofSize: wholeNumber(line[.bytes_received]))
        entry.draft.responseBody = EntryDraft.Body(ofSize: wholeNumber(line[.bytes_sent]))
        setPlace(event: line[.event], flowID: line[.flow_id], flowName: line[.flow_name], stateID: line[.state_id])
        entry.setConnector(
            value(line[.connector]), defaults, host: authority.map(EntryAssembler.host(ofAuthority:)),
            uri: entry.draft.uri, format: "envoy")
        addAttributes(others)
    }

    /// Flags say what went wrong, but for those of a call that went well in an unusual way (Envoy, "Access logging",
    /// `RESPONSE_FLAGS`).
    private static let harmlessFlags = [
        "DI", "DelayInjected", "RFCF", "ResponseFromCacheFilter", "RLSE", "RateLimitServiceError",
    ]

    private mutating func setError(_ line: NamedMembers<Operator>) {
        let flags = value(line[.response_flags])
        if let flags { entry.addAttribute("response_flags", .text(flags)) }
        guard let name = value(line[.response_flags_long]) ?? flags,
            !name.split(separator: UInt8(ascii: ",")).allSatisfy({ flag in
                Self.harmlessFlags.contains { flag.elementsEqual($0.utf8) }
            })
        else { return }
        entry.draft.errorName = entry.text(name, "error_name", limit: Limits.name)
        let reason = value(line[.upstream_transport_failure_reason]) ?? value(line[.response_code_details])
        entry.draft.errorMessage = entry.text(reason, "error_message", limit: Limits.message)
    }

    /// An object of names and values.
    private mutating func addHeaders(_ slice: JSONSlice?, to side: EntryAssembler.Side) throws(LineError) {
        guard slice?.kind == .object else { return }
        var headers = JSONContents(slice, in: text)
        while let (name, content) = try headers.next() {
            guard let name = entry.meaning(name, in: text), let value = value(content) else { continue }
            entry.addHeader(name, value, to: side)
        }
    }
}
