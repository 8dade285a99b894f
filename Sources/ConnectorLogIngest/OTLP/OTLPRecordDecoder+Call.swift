import ConnectorLogCore

/// Calls of a vendor's API: spans of kind CLIENT with the attributes of an HTTP request, in the stable or the old names.
extension OTLPRecordDecoder {
    private static let client: Int64 = 3
    private static let statusOK: UInt64 = 1

    /// Old exporters leave the kind out; a whole URL is only given by who makes the call.
    func isCall(_ span: OTLPSpanRecord) -> Bool {
        switch span.kind {
        case Self.client: hasHTTPRequest
        case 0: index.has(.url) || index.has(.oldURL)
        default: false
        }
    }

    /// Whether the attributes tell of an HTTP request.
    var hasHTTPRequest: Bool {
        index.has(.method) || index.has(.oldMethod) || index.has(.url) || index.has(.oldURL) || index.has(.status)
            || index.has(.oldStatus)
    }

    /// Fills the assembler's draft. Most of its texts lie in the record itself.
    mutating func decodeCall(_ span: OTLPSpanRecord, team: Int64, memory: Text) throws(LineError) {
        assembler.begin()
        try assembler.setTime(
            Self.time(nanoseconds: span.start) ?? arrival, arrival: arrival, field: "start_time_unix_nano")
        if span.start > 0, span.end >= span.start {
            // To the nearest; any two times are good, so nothing is added before it is divided.
            let (microseconds, rest) = (span.end - span.start).quotientAndRemainder(dividingBy: 1000)
            assembler.setDuration(Int64(microseconds) + (rest >= 500 ? 1 : 0))
        }
        try fillCall(trace: span.traceID, span: span.spanID, team: team)
        fillEvent(name: span.name)
        fillError(of: span)
        addOtherAttributes(dropped: span.droppedAttributes)
        assembler.end(memory: memory)
    }

    /// What spans and log records of calls have in common.
    mutating func fillCall(trace: Text, span: Text, team: Int64) throws(LineError) {
        assembler.draft.teamID = team
        (assembler.draft.connector, assembler.draft.isConnectorGuessed) = try connector()
        assembler.draft.method = assembler.method(assembler.text(method))
        assembler.draft.uri = assembler.text(uri(), "uri", limit: Limits.uri)
        if let status = index[.status, .oldStatus]?.wholeNumber { assembler.setStatus(status) }
        assembler.draft.traceID = Self.hexadecimal(trace, bytes: 16, in: &assembler.arena)
        assembler.draft.spanID = Self.hexadecimal(span, bytes: 8, in: &assembler.arena)
        fillRun(trace: trace)
        addHeaders()
        assembler.draft.requestBody = body(
            index[.requestBody, .requestBodyContent], size: index[.requestBodySize, .oldRequestSize])
        assembler.draft.responseBody = body(
            index[.responseBody, .responseBodyContent], size: index[.responseBodySize, .oldResponseSize])
        assembler.draft.requestID = assembler.identifier(
            assembler.text(index[.requestID]) ?? requestIDHeader, "request_id")
    }

    /// `connector.identifier`, else `peer.service`, else `service.name`, else the server's name. The last two are guesses:
    /// the one is who calls, and the other only where.
    private mutating func connector() throws(LineError) -> (name: Text, isGuessed: Bool) {
        let named = [index[.connector], resource[.connector], index[.peerService]]
        let guesses = [
            index[.serviceName], resource[.serviceName], index[.serverAddress], index[.peerName], index[.oldHost],
        ]
        for (place, candidate) in (named + guesses).enumerated() {
            guard case .text(let text)? = candidate, !Self.isUnknownService(text),
                let name = assembler.connector(from: text)
            else { continue }
            return (name, place >= named.count)
        }
        throw LineError(
            .missingField, field: "\(KnownAttribute.connector.name)",
            "neither this nor peer.service nor service.name names a connector")
    }

    /// What exporters call a service that nobody named: `unknown_service`, often with the name of the program behind it.
    private static func isUnknownService(_ name: Text) -> Bool {
        name.starts(with: Array("unknown_service".utf8))
    }

    /// `_OTHER` stands for a method that the convention does not know, which has an attribute of its own.
    private var method: OTLPValue? {
        guard case .text(let text)? = index[.method, .oldMethod] else { return nil }
        return text.isEqual("_OTHER") ? index[.originalMethod] ?? .text(text) : .text(text)
    }

    /// The whole URL, or what its parts make.
    private mutating func uri() -> Text? {
        if case .text(let url)? = index[.url, .oldURL], !url.isEmpty { return url }
        var path = index[.oldTarget]?.word ?? index[.urlPath]?.word ?? ""
        if let query = index[.urlQuery]?.word { path += "?" + query }
        guard let host = index[.serverAddress]?.word ?? index[.oldHost]?.word ?? index[.peerName]?.word else {
            return path.isEmpty ? nil : assembler.arena.copy(path)
        }
        let scheme = index[.urlScheme, .oldScheme]?.word ?? "https"
        // RFC 3986, section 3.2.2: an IPv6 address stands in brackets; `http.host` may have the port in it.
        let colons = host.utf8.count { $0 == UInt8(ascii: ":") }
        let authority = colons > 1 && !host.hasPrefix("[") ? "[\(host)]" : host
        let hasPort = authority.hasPrefix("[") ? !authority.hasSuffix("]") : colons == 1
        var port = ""
        if !hasPort, let number = index[.serverPort, .peerPort]?.wholeNumber, number != (scheme == "http" ? 80 : 443) {
            port = ":\(number)"
        }
        let slash = path.hasPrefix("/") || path.isEmpty ? "" : "/"
        return assembler.arena.copy("\(scheme)://\(authority)\(port)\(slash)\(path)")
    }

    /// What the instrumentation calls the call, unless that is only its method.
    private mutating func fillEvent(name: Text) {
        if let event = index[.event] {
            assembler.draft.event = assembler.text(assembler.text(event), "event", limit: Limits.event)
            return
        }
        guard !name.isEmpty, !name.isEqual("HTTP") else { return }
        if case .text(let method)? = index[.method, .oldMethod] {
            if name.elementsEqual(method) { return }
            if name.count == method.count + 5, name.starts(with: Array("HTTP ".utf8)),
                name.dropFirst(5).elementsEqual(method)
            {
                return
            }
        }
        assembler.draft.event = assembler.text(name, "event", limit: Limits.event)
    }

    private mutating func fillError(of span: OTLPSpanRecord) {
        if span.statusCode == Self.statusOK { assembler.draft.outcome = .ok }
        if span.isFailed { assembler.draft.outcome = .failed }
        guard span.exception != nil || span.isFailed else { return }
        fillError(exception: span.exception, message: .text(span.statusMessage))
    }

    /// Of the exception, else of the status. An `error.type` that repeats the response's status names nothing.
    mutating func fillError(exception: AttributeIndex?, message: OTLPValue?) {
        var name = exception?[.exceptionType]
        if name == nil, index[.errorType]?.wholeNumber == nil { name = index[.errorType] }
        let text = exception?[.exceptionMessage] ?? message
        assembler.draft.errorName = assembler.text(assembler.text(name), "error_name", limit: Limits.name)
        assembler.draft.errorMessage = assembler.text(
            assembler.text(text), "error_message", limit: Limits.message)
        assembler.addAttribute(.exceptionStack, exception?[.exceptionStack])
    }

    // MARK: - Headers and bodies

    private mutating func addHeaders() {
        // Before the conventions were stable, dashes of a header's name were written as underscores.
        let isOld = !index.has(.method) && index.has(.oldMethod)
        for header in index.requestHeaders { add(header, isOld: isOld, to: .request) }
        for header in index.responseHeaders { add(header, isOld: isOld, to: .response) }
    }

    private mutating func add(_ header: AttributeIndex.Header, isOld: Bool, to side: EntryAssembler.Side) {
        var name = header.name
        if isOld, name.contains(UInt8(ascii: "_")) {
            let room = assembler.arena.take(name.count)
            for (at, byte) in name.enumerated() { room[at] = byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte }
            name = Text(room)
        }
        guard case .list? = header.value else {
            if let text = assembler.text(header.value) { assembler.addHeader(name, text, to: side) }
            return
        }
        header.value?.forEachElement { value in
            if let text = assembler.text(value) { assembler.addHeader(name, text, to: side) }
        }
    }

    /// `X-Request-Id` as the request sent it.
    private var requestIDHeader: Text? {
        let name = Array("x-request-id".utf8)
        // ASCII's letters differ in this bit, and a dash has it.
        let header = assembler.draft.requestHeaders.first { $0.name.elementsEqual(name) { $0 | 0x20 == $1 } }
        return header?.value
    }

    /// A body of which only the size is known is one that was cut to nothing.
    private mutating func body(_ value: OTLPValue?, size: OTLPValue?) -> EntryDraft.Body? {
        let size = size?.wholeNumber.flatMap { $0 > 0 && $0 <= 1 << 53 ? Int($0) : nil }
        var body: EntryDraft.Body
        if case .bytes(let bytes)? = value {
            body = EntryDraft.Body(bytes: bytes)
            body.isBinary = true
        } else if let text = assembler.text(value) {
            body = EntryDraft.Body(bytes: text)
        } else {
            guard size != nil else { return nil }
            body = EntryDraft.Body(bytes: Text(start: nil, count: 0))
            body.isTruncated = true
        }
        if let size, size > body.bytes.count {
            body.originalSize = size
            body.isTruncated = true
        }
        return body
    }

    // MARK: - Attributes

    mutating func addOtherAttributes(dropped: UInt64) {
        for attribute in index.others { assembler.addAttribute(attribute.name, attribute.value) }
        for attribute in resource.others { assembler.addAttribute(attribute.name, attribute.value) }
        if index[.connector] ?? resource[.connector] ?? index[.peerService] != nil {
            assembler.addAttribute(.serviceName, index[.serviceName] ?? resource[.serviceName])
        }
        if dropped > 0 {
            let name = assembler.arena.copy("otel.dropped_attributes_count")
            assembler.addAttribute(name, .whole(Int64(clamping: dropped)))
        }
        if index.count > OTLPLimits.attributes { assembler.leaveOut("attributes") }
    }
}
