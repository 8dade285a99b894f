/// The same entry as other programs would write it.
extension LineDraft {
    /// Whether no header has several values.
    var hasSingleHeaders: Bool {
        (requestHeaders + responseHeaders).allSatisfy { if case .list = $0.value { false } else { true } }
    }

    // MARK: - HAR 1.2

    func archiveEntry(at time: String?, isOwn: Bool) -> String {
        var request: [TrafficJSON.Member] = [
            .init("method", self["method"] ?? "GET"), .init("url", .text(uri)), .init("httpVersion", "HTTP/1.1"),
            .init("headers", Self.pairs(requestHeaders)),
        ]
        if let body = requestBody {
            request.append(
                .init(
                    "postData",
                    .object(
                        [.init("mimeType", ""), .init("text", Self.text(of: body))]
                            + (body.isBase64 ? [.init("encoding", "base64")] : []))))
        }
        var response: [TrafficJSON.Member] = [
            .init("status", self["status"] ?? 0), .init("headers", Self.pairs(responseHeaders)),
        ]
        if let body = responseBody {
            var content: [TrafficJSON.Member] = [.init("mimeType", ""), .init("text", Self.text(of: body))]
            if body.isBase64 { content.append(.init("encoding", "base64")) }
            if let size = body.truncatedFrom { content.append(.init("size", .literal(String(size)))) }
            response.append(.init("content", .object(content)))
        }
        var entry: [TrafficJSON.Member] = []
        if let time { entry.append(.init("startedDateTime", .text(time))) }
        entry += [.init("request", .object(request)), .init("response", .object(response))]
        if isOwn { entry.append(.init("_connectorLog", .object(ownMembers))) }
        return TrafficJSON.object(entry).written()
    }

    private var ownMembers: [TrafficJSON.Member] {
        let elsewhere = ["method", "status"]
        let named = [
            "event", "outcome", "duration_ms", "request_id", "flow_id", "flow_name", "flow_version", "state_id",
            "trace_id", "span_id", "error_name", "error_message", "connector_identifier",
        ]
        var own = members.filter { named.contains($0.escapedName) }
        if let connector { own.append(.init("connector_identifier", .text(connector))) }
        let further = members.filter { !named.contains($0.escapedName) && !elsewhere.contains($0.escapedName) }
        own.append(.init("attributes", .object(attributes + further)))
        for (name, body) in [("request_body", requestBody), ("response_body", responseBody)] {
            guard let size = body?.truncatedFrom else { continue }
            own.append(.init(name + "_size", .literal(String(size))))
            own.append(.init(name + "_truncated", true))
        }
        return own
    }

    private static func text(of body: DraftBody) -> TrafficJSON {
        switch body.content {
        case .text, .escapedText: body.content
        default: .text(body.content.written())
        }
    }

    private static func pairs(_ headers: [TrafficJSON.Member]) -> TrafficJSON {
        .list(
            headers.flatMap { header in
                let values = if case .list(let values) = header.value { values } else { [header.value] }
                return values.map { value in
                    TrafficJSON.object([
                        .init("name", .escapedText(header.escapedName)), .init("value", value),
                    ])
                }
            })
    }

    // MARK: - Access logs

    func nginxLine(at seconds: String?) -> String {
        var line: [TrafficJSON.Member] = [
            .init("request_uri", .text(uri)), .init("request_method", self["method"] ?? "GET"),
            .init("status", self["status"].map { .text($0.written()) } ?? "000"),
        ]
        if let seconds { line.append(.init("msec", .text(seconds))) }
        line += placeMembers
        line += requestHeaders.map { .init("http_" + Self.variable($0.escapedName), $0.value) }
        line += responseHeaders.map { .init("sent_http_" + Self.variable($0.escapedName), $0.value) }
        if let requestBody { line.append(.init("request_body", requestBody.content)) }
        return TrafficJSON.object(line).written()
    }

    func envoyLine(at time: String?) -> String {
        var line: [TrafficJSON.Member] = [
            .init("path", .text(uri)), .init("method", self["method"] ?? "GET"),
            .init("response_code", self["status"] ?? 0),
        ]
        if let time { line.append(.init("start_time", .text(time))) }
        line += placeMembers
        if let name = self["error_name"] { line.append(.init("response_flags_long", name)) }
        if let message = self["error_message"] {
            if self["error_name"] == nil { line.append(.init("response_flags", "UF")) }
            line.append(.init("upstream_transport_failure_reason", message))
        }
        line.append(.init("request_headers", .object(requestHeaders)))
        line.append(.init("response_headers", .object(responseHeaders)))
        return TrafficJSON.object(line).written()
    }

    /// What both dialects have under the same names, and what they keep as attributes.
    private var placeMembers: [TrafficJSON.Member] {
        let others = [
            "method", "status", "duration_ms", "flow_version", "trace_id", "span_id", "error_name", "error_message",
            "connector_identifier",
        ]
        let named = connector.map { .text($0) } ?? self["connector_identifier"]
        return members.filter { !others.contains($0.escapedName) } + attributes
            + (named.map { [.init("connector", $0)] } ?? [])
    }

    private static func variable(_ header: String) -> String {
        String(header.map { $0 == "-" ? "_" : $0 }).lowercased()
    }

    private subscript(name: String) -> TrafficJSON? { members.first { $0.escapedName == name }?.value }
}
