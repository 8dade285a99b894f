import ConnectorLogCore

/// What formats of JSON and of HTTP have in common.
extension EntryAssembler {
    /// The meaning of a string, in `text` itself or in the arena; nil for any other value.
    mutating func meaning(_ slice: JSONSlice?, in text: Text) -> Text? {
        guard let slice, slice.kind.isString else { return nil }
        let raw = slice.bytes(in: text)
        guard slice.kind == .escapedString else { return raw }
        let room = arena.take(raw.count)
        guard let start = room.baseAddress else { return raw }
        let count = JSONText.unescape(raw, to: start)
        arena.giveBack(raw.count - count)
        return Text(rebasing: room[..<count])
    }

    /// Any value as an attribute: what is no text, number, `true` or `false` is kept as the text of its JSON.
    mutating func addAttribute(_ name: JSONSlice, _ value: JSONSlice, in text: Text, usesAllRoom: Bool = false) {
        guard let name = meaning(name, in: text), !name.isEmpty else { return }
        switch value.kind {
        case .null: break
        case .string, .escapedString:
            if let value = meaning(value, in: text) { addAttribute(name, .text(value), usesAllRoom: usesAllRoom) }
        case .object, .array: addAttribute(name, .text(value.bytes(in: text)), usesAllRoom: usesAllRoom)
        case .number, .yes, .no: addAttribute(name, .literal(value.bytes(in: text)), usesAllRoom: usesAllRoom)
        }
    }

    mutating func apply(_ defaults: RecordDefaults) {
        draft.event = draft.event ?? defaults.event.map { arena.copy($0) }
        draft.flowID = draft.flowID ?? defaults.flowID.map { arena.copy($0) }
        draft.flowName = draft.flowName ?? defaults.flowName.map { arena.copy($0) }
        draft.flowVersion = draft.flowVersion ?? defaults.flowVersion.map { arena.copy($0) }
        draft.stateID = draft.stateID ?? defaults.stateID.map { arena.copy($0) }
    }

    // MARK: - The connector

    /// Of what names the connector the first that does: the record, the request, the host, the URI's scheme, and at last
    /// the name of the format.
    mutating func setConnector(_ own: Text?, _ defaults: RecordDefaults, host: Text?, uri: Text?, format: StaticString)
    {
        if let connector = connector(from: own) ?? defaults.connector.map({ arena.copy($0) }) {
            draft.connector = connector
            return
        }
        draft.isConnectorGuessed = true
        let source = host ?? uri.flatMap(Self.host)
        draft.connector =
            connector(from: source.map { lowercased($0) }) ?? connector(from: uri.flatMap(Self.scheme))
            ?? Text(format)
        draft.connectorSource = source
    }

    /// Without user information and port (RFC 3986, section 3.2); nil where there is no authority.
    static func host(of uri: Text) -> Text? {
        guard let scheme = scheme(of: uri) else { return nil }
        let rest = uri[(scheme.count + 1)...]
        guard rest.starts(with: "//".utf8) else { return nil }
        let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        return host(ofAuthority: Text(rebasing: authority))
    }

    /// As `host(of:)`, of what stands behind the two slashes.
    static func host(ofAuthority authority: Text) -> Text {
        let start = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.startIndex
        let authority = Text(rebasing: authority[start...])
        let end =
            authority.first == UInt8(ascii: "[")
            ? authority.firstIndex(of: UInt8(ascii: "]")) : authority.firstIndex(of: UInt8(ascii: ":"))
        return Text(rebasing: authority[..<(end ?? authority.endIndex)])
    }

    /// RFC 3986, section 3.1.
    static func scheme(of uri: Text) -> Text? {
        guard let colon = uri.firstIndex(of: UInt8(ascii: ":")), (1...40).contains(colon),
            uri[..<colon].allSatisfy({ $0.isSchemeByte })
        else { return nil }
        return Text(rebasing: uri[..<colon])
    }

    private mutating func lowercased(_ text: Text) -> Text {
        let room = arena.take(text.count)
        for (at, byte) in text.enumerated() { room[at] = byte.asciiLowercased }
        return Text(room)
    }

    // MARK: - Ids in headers

    /// The id of the request and the trace context (W3C Trace Context, section 3.2), as the request's headers have them.
    mutating func setIDsFromRequestHeaders() {
        for at in draft.requestHeaders.indices {
            let header = draft.requestHeaders[at]
            if header.name.isEqualIgnoringCase("x-request-id") {
                draft.requestID = draft.requestID ?? identifier(header.value, "request_id")
            } else if header.name.isEqualIgnoringCase("traceparent") {
                setTrace(traceparent: header.value)
            }
        }
    }

    /// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`; what is none says nothing.
    mutating func setTrace(traceparent: Text) {
        let dash = UInt8(ascii: "-")
        guard traceparent.count >= 55, traceparent[2] == dash, traceparent[35] == dash, traceparent[52] == dash
        else { return }
        guard let trace = hexadecimal(Text(rebasing: traceparent[3..<35]), digits: 32),
            let span = hexadecimal(Text(rebasing: traceparent[36..<52]), digits: 16)
        else { return }
        (draft.traceID, draft.spanID) = (trace, span)
    }

    /// So many hexadecimal digits, not all zero, in lower case; nil for anything else.
    mutating func hexadecimal(_ text: Text?, digits: Int) -> Text? {
        guard let text, text.count == digits, text.allSatisfy({ $0.hexDigitValue != nil }),
            text.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        return lowercased(text)
    }
}

extension EntryDraft.Body {
    /// One of which only the size is known, as if it had been cut to nothing; nil for 0 and for what is no size.
    init?(ofSize size: Int64?) {
        guard let size, (1...1 << 53).contains(size) else { return nil }
        self.init(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
        originalSize = Int(size)
        isTruncated = true
    }
}

extension UnsafeRawBufferPointer {
    /// A literal's bytes, which are there for as long as the program runs.
    init(_ word: StaticString) { self.init(start: word.utf8Start, count: word.utf8CodeUnitCount) }

    /// Letters of ASCII match in either case; `word` is in lower case.
    func isEqualIgnoringCase(_ word: StaticString) -> Bool {
        count == word.utf8CodeUnitCount && indices.allSatisfy { self[$0].asciiLowercased == word.utf8Start[$0] }
    }
}

extension UInt8 {
    fileprivate var isSchemeByte: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(asciiLowercased)
        }
    }
}
