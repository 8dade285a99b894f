import ConnectorLogCore

/// nginx: `log_format … escape=json`, each member named by the variable that it holds
/// (nginx.org, "Alphabetical index of variables"). All values are texts.
extension AccessLogDecoder {
    private enum Variable: String, MemberName {
        // Set by the configuration: no variables of nginx's own.
        case connector, event, flow_id, flow_name, state_id
        case msec, time_iso8601, request_time, upstream_response_time
        case request_method, scheme, host, http_host, proxy_host, request_uri, status, request_id
        case content_type, content_length, request_body, body_bytes_sent
    }

    private static let variables = NamedMemberReader<Variable>()

    mutating func readNginx(_ contents: inout JSONContents) throws(LineError) {
        let (line, others) = try read(&contents, Self.variables)
        guard line[.request_uri] != nil || line[.status] != nil else {
            throw LineError(.missingField, field: "request_uri", "neither request_uri nor status is in the line")
        }
        try readNginxTimes(line)
        // `$host` has no port, and `$http_host` may be empty.
        let named = value(line[.http_host])
        addHeader("host", named, to: .request)
        let host = named ?? value(line[.host])
        entry.draft.uri = entry.text(
            uri(scheme: value(line[.scheme]), host: host, target: value(line[.request_uri])), "uri", limit: Limits.uri)
        entry.draft.method = entry.method(value(line[.request_method]))
        // 000 where none was sent.
        if let status = wholeNumber(line[.status]) { entry.setStatus(status) }
        entry.draft.requestID = entry.identifier(value(line[.request_id]), "request_id")
        addHeader("content-type", value(line[.content_type]), to: .request)
        entry.draft.requestBody =
            value(line[.request_body]).map { EntryDraft.Body(bytes: $0) }
            ?? EntryDraft.Body(ofSize: wholeNumber(line[.content_length]))
        entry.draft.responseBody = EntryDraft.Body(ofSize: wholeNumber(line[.body_bytes_sent]))
        setPlace(event: line[.event], flowID: line[.flow_id], flowName: line[.flow_name], stateID: line[.state_id])
        // Behind a `proxy_pass` the vendor is the proxied server, not the host that the client named.
        let vendor = (value(line[.proxy_host]) ?? host).map(EntryAssembler.host(ofAuthority:))
        entry.setConnector(value(line[.connector]), defaults, host: vendor, uri: entry.draft.uri, format: "nginx")
        addAttributes(others.filter { !isHeader($0.name, $0.value) })
    }

    /// A line is written when its request ends: it began as long before as it took.
    private mutating func readNginxTimes(_ line: NamedMembers<Variable>) throws(LineError) {
        let took = (try? Self.number(value(line[.request_time]))?.rounded(places: 6)) ?? upstreamTime(line)
        if let took { entry.setDuration(took) }
        let end =
            if let seconds = Self.number(value(line[.msec])) {
                (try? seconds.rounded(places: 6)).map(Timestamp.init(microseconds:))
            } else {
                value(line[.time_iso8601]).flatMap { Timestamp(rfc3339: $0) }
            }
        guard let end else {
            entry.draft.logTime = arrival.microseconds
            return
        }
        // Neither is negative, whatever the line says; what is no duration moves nothing.
        let before = entry.draft.duration > 0 ? min(entry.draft.duration, end.microseconds) : 0
        try entry.setTime(Timestamp(microseconds: end.microseconds - before), arrival: arrival)
    }

    /// Microseconds over all servers that were tried: `0.012, 0.200 : 0.005`.
    private mutating func upstreamTime(_ line: NamedMembers<Variable>) -> Int64? {
        guard let times = value(line[.upstream_response_time]) else { return nil }
        var sum: Int64?
        for part in times.split(whereSeparator: { ", :".utf8.contains($0) }) {
            guard let time = try? Self.number(Text(rebasing: part))?.rounded(places: 6) else { continue }
            let (total, isTooMuch) = (sum ?? 0).addingReportingOverflow(time)
            sum = isTooMuch ? .max : total
        }
        return sum
    }

    private enum Prefix: String, CaseIterable {
        case http_, sent_http_, upstream_http_, cookie_, upstream_cookie_
    }

    /// Whether the member is a variable that stands for a header, such as `$http_user_agent`, or for one cookie: a header
    /// of the entry then.
    private mutating func isHeader(_ slice: JSONSlice, _ content: JSONSlice) -> Bool {
        guard let name = entry.meaning(slice, in: text),
            let prefix = Prefix.allCases.first(where: { name.starts(with: $0.rawValue.utf8) })
        else { return false }
        guard let value = value(content) else { return true }
        let field = Text(rebasing: name[prefix.rawValue.utf8.count...])
        switch prefix {
        case .http_: entry.addHeader(headerName(field), value, to: .request)
        case .sent_http_, .upstream_http_: entry.addHeader(headerName(field), value, to: .response)
        case .cookie_: entry.addHeader("cookie", cookie(field, value), to: .request)
        case .upstream_cookie_: entry.addHeader("set-cookie", cookie(field, value), to: .response)
        }
        return true
    }

    /// nginx writes dashes as low lines.
    private mutating func headerName(_ field: Text) -> Text {
        let room = entry.arena.take(field.count)
        for (at, byte) in field.enumerated() { room[at] = byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte }
        return Text(room)
    }

    private mutating func cookie(_ name: Text, _ value: Text) -> Text {
        let room = entry.arena.take(name.count + 1 + value.count)
        room.copyMemory(from: name)
        room[name.count] = UInt8(ascii: "=")
        UnsafeMutableRawBufferPointer(rebasing: room[(name.count + 1)...]).copyMemory(from: value)
        return Text(room)
    }
}
