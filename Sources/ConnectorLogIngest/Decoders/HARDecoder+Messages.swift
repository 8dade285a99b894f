import ConnectorLogCore

/// Requests and responses, and what both have: headers, cookies and bodies.
extension HARDecoder {
    private enum Pair: String, MemberName { case name, value }
    private enum CookieMember: String, MemberName { case name, value, path, domain, expires, httpOnly, secure }
    private enum PostDataMember: String, MemberName { case text, params, encoding, _encoding }
    private enum ContentMember: String, MemberName { case size, text, encoding }

    private static let pairReader = NamedMemberReader<Pair>()
    private static let cookieReader = NamedMemberReader<CookieMember>()
    private static let postDataReader = NamedMemberReader<PostDataMember>()
    private static let contentReader = NamedMemberReader<ContentMember>()

    // MARK: - The request

    /// - Parameter isOwn: of an archive of ours, in which all is meant as it stands.
    mutating func readRequest(_ slice: JSONSlice?, isOwn: Bool) throws(LineError) {
        guard let slice else { throw LineError(.missingField, field: "request", "the entry has no request") }
        guard slice.kind == .object else {
            throw LineError(.wrongType, field: "request", "an object is expected, at byte \(slice.offset)")
        }
        let request = try Self.requestReader.read(slice, in: text)
        requestURL = entry.meaning(request[.url], in: text)
        guard let requestURL, !requestURL.isEmpty || isOwn else {
            throw LineError(.missingField, field: "request.url", "the request has no URL")
        }
        entry.draft.uri = entry.text(requestURL, "uri", limit: Limits.uri)
        entry.draft.method = entry.method(entry.meaning(request[.method], in: text))
        try readHeaders(request[.headers], to: .request, isOwn: isOwn)
        if !isOwn {
            try readCookies(request[.cookies], of: .request)
            if let version = entry.meaning(request[.httpVersion], in: text), !version.isEmpty {
                entry.addAttribute("http_version", .text(version))
            }
        }
        entry.draft.requestBody = try requestBody(request, isOwn: isOwn)
    }

    private mutating func requestBody(
        _ request: NamedMembers<RequestMember>, isOwn: Bool
    ) throws(LineError) -> EntryDraft.Body? {
        let data = try Self.postDataReader.read(request[.postData], in: text)
        if let given = entry.meaning(data[.text], in: text), !given.isEmpty || data[.params] == nil {
            let encoding = entry.meaning(data[.encoding] ?? data[._encoding], in: text)
            // Larger than the text, it says that the text was cut, or was compressed on its way: either way an end may be missing.
            let size = wholeNumber(request[.bodySize]).flatMap { $0 > given.count ? $0 : nil }
            return body(given, encoding, size: isOwn ? nil : size, "request_body")
        }
        if let form = try form(data[.params]) { return body(form, nil, size: nil, "request_body") }
        return EntryDraft.Body(ofSize: wholeNumber(request[.bodySize]))
    }

    /// Fields of a form, which some programs give instead of its text, as one would be sent
    /// (`application/x-www-form-urlencoded`). What is encoded already stays as it is.
    private mutating func form(_ slice: JSONSlice?) throws(LineError) -> Text? {
        guard let slice, slice.kind == .array else { return nil }
        guard slice.bytes(in: text).count <= Limits.decompressedBodyBytes else {
            entry.leaveOut("request_body")
            return nil
        }
        // No byte becomes more than three, and each field has brackets and quotes for its two signs.
        let room = entry.arena.take(3 * slice.bytes(in: text).count)
        var count = 0
        func append(_ text: Text?) {
            for byte in text ?? Text(start: nil, count: 0) {
                if byte.isIdentifierByte || ".~%+*/:@".utf8.contains(byte) {
                    room[count] = byte
                    count += 1
                } else {
                    for digit in [UInt8(ascii: "%"), (byte >> 4).hexDigit, (byte & 15).hexDigit] {
                        room[count] = digit
                        count += 1
                    }
                }
            }
        }
        var params = JSONContents(slice, in: text)
        while let (_, param) = try params.next() {
            let pair = try Self.pairReader.read(param, in: text)
            guard let name = entry.meaning(pair[.name], in: text) else { continue }
            if count > 0 {
                room[count] = UInt8(ascii: "&")
                count += 1
            }
            append(name)
            room[count] = UInt8(ascii: "=")
            count += 1
            append(entry.meaning(pair[.value], in: text))
        }
        return count > 0 ? Text(rebasing: room[..<count]) : nil
    }

    // MARK: - The response

    mutating func readResponse(_ slice: JSONSlice?, isOwn: Bool) throws(LineError) {
        let response = try Self.responseReader.read(slice, in: text)
        if let status = wholeNumber(response[.status]) { entry.setStatus(status) }
        try readHeaders(response[.headers], to: .response, isOwn: isOwn)
        if !isOwn {
            try readCookies(response[.cookies], of: .response)
            setError(response[._error])
        }
        entry.draft.responseBody = try responseBody(response[.content])
    }

    private mutating func responseBody(_ slice: JSONSlice?) throws(LineError) -> EntryDraft.Body? {
        let content = try Self.contentReader.read(slice, in: text)
        let size = wholeNumber(content[.size])
        guard let given = entry.meaning(content[.text], in: text) else { return EntryDraft.Body(ofSize: size) }
        // Some programs give the size of what was transferred, and that was compressed.
        let isSizeOfText = !entry.draft.responseHeaders.contains { $0.name.isEqualIgnoringCase("content-encoding") }
        return body(
            given, entry.meaning(content[.encoding], in: text), size: isSizeOfText ? size : nil, "response_body")
    }

    // MARK: - Bodies

    /// - Parameter size: how long the whole is, where that is known.
    private mutating func body(
        _ text: Text, _ encoding: Text?, size: Int64?, _ field: String
    ) -> EntryDraft.Body? {
        var body = EntryDraft.Body(bytes: text)
        if encoding?.isEqualIgnoringCase("base64") == true {
            guard let bytes = decodedBase64(text) else {
                entry.leaveOut(field)
                return EntryDraft.Body(ofSize: max(size ?? 0, Int64(text.count / 4 * 3)))
            }
            body.bytes = bytes
            body.isBinary = true
        }
        guard body.bytes.count <= Limits.largestBodyBytes else {
            entry.leaveOut(field)
            return EntryDraft.Body(ofSize: max(size ?? 0, Int64(body.bytes.count)))
        }
        if let size, size > body.bytes.count, size <= 1 << 53 {
            body.originalSize = Int(size)
            body.isTruncated = true
        }
        return body
    }

    private mutating func decodedBase64(_ text: Text) -> Text? {
        let room = entry.arena.take(text.count)
        room.copyMemory(from: text)
        return Base64.decode(inPlace: room).map { Text(rebasing: room[..<$0]) }
    }

    // MARK: - Headers

    private mutating func readHeaders(_ slice: JSONSlice?, to side: EntryAssembler.Side, isOwn: Bool) throws(LineError)
    {
        guard slice?.kind == .array else { return }
        var headers = JSONContents(slice, in: text)
        while let (_, header) = try headers.next() {
            let (given, content) = try nameAndValue(header)
            guard let name = entry.meaning(given, in: text), !name.isEmpty else { continue }
            let value = entry.meaning(content, in: text) ?? Text(start: nil, count: 0)
            if isOwn {
                entry.addHeader(name, value, to: side)
            } else if name[0] != UInt8(ascii: ":") {
                // HTTP/2's pseudo-headers say again what method, URL and status do. Browsers put fields of one name
                // together with line feeds, which no field has by itself.
                addHeaders(name, value, to: side)
            }
        }
    }

    /// One field a line, of so many lines as an entry may have fields.
    private mutating func addHeaders(_ name: Text, _ value: Text, to side: EntryAssembler.Side) {
        var rest = value[...]
        for _ in 0...Limits.headerFields {
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            if end > rest.startIndex || value.isEmpty {
                entry.addHeader(name, Text(rebasing: rest[..<end]), to: side)
            }
            guard end < rest.endIndex else { return }
            rest = rest[(end + 1)...]
        }
        entry.leaveOut(side == .request ? "request_headers" : "response_headers")
    }

    /// Of `{"name": …, "value": …}`, or of `[name, value]`, as some write it.
    private func nameAndValue(_ header: JSONSlice) throws(LineError) -> (JSONSlice?, JSONSlice?) {
        guard header.kind == .array else {
            let pair = try Self.pairReader.read(header, in: text)
            return (pair[.name], pair[.value])
        }
        var list = JSONContents(header, in: text)
        let name = try list.next()
        let value = try list.next()
        return (name?.value, value?.value)
    }

    /// Cookies that no header gives.
    private mutating func readCookies(_ slice: JSONSlice?, of side: EntryAssembler.Side) throws(LineError) {
        guard slice?.kind == .array else { return }
        let isGiven =
            switch side {
            case .request: entry.draft.requestHeaders.contains { $0.name.isEqualIgnoringCase("cookie") }
            case .response: entry.draft.responseHeaders.contains { $0.name.isEqualIgnoringCase("set-cookie") }
            }
        if isGiven { return }
        var line = ByteScratch()
        var cookies = JSONContents(slice, in: text)
        while let (_, slice) = try cookies.next() {
            let cookie = try Self.cookieReader.read(slice, in: text)
            guard let name = entry.meaning(cookie[.name], in: text), !name.isEmpty else { continue }
            if line.count > 0 { line.append("; ") }
            Self.append(cookie: name, encoding: ";=", to: &line)
            line.append("=")
            if let value = entry.meaning(cookie[.value], in: text) {
                Self.append(cookie: value, encoding: ";", to: &line)
            }
            guard side == .response else { continue }
            for (attribute, label) in [
                (CookieMember.path, "; Path=" as StaticString), (.domain, "; Domain="), (.expires, "; Expires="),
            ] {
                guard let value = entry.meaning(cookie[attribute], in: text), !value.isEmpty else { continue }
                line.append(label)
                line.append(value)
            }
            if cookie[.httpOnly]?.kind == .yes { line.append("; HttpOnly") }
            if cookie[.secure]?.kind == .yes { line.append("; Secure") }
            entry.addHeader("Set-Cookie", entry.arena.copy(line.bytes), to: .response)
            line.removeAll()
        }
        if line.count > 0 { entry.addHeader("Cookie", entry.arena.copy(line.bytes), to: .request) }
    }

    /// A value that some programs give decoded: what would end it is encoded, or redaction took its rest for an attribute.
    private static func append(cookie text: Text, encoding signs: StaticString, to line: inout ByteScratch) {
        let signs = Text(start: signs.utf8Start, count: signs.utf8CodeUnitCount)
        for byte in text {
            guard signs.contains(byte) else {
                line.append(byte)
                continue
            }
            line.append(byte == UInt8(ascii: ";") ? "%3B" as StaticString : "%3D")
        }
    }
}

extension EntryAssembler {
    mutating func addHeader(_ name: StaticString, _ value: Text, to side: Side) {
        addHeader(Text(name), value, to: side)
    }
}

extension UInt8 {
    /// 0...15 in upper case.
    fileprivate var hexDigit: UInt8 { self < 10 ? self + 48 : self + 55 }
}
