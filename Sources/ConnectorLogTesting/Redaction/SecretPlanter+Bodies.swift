extension SecretPlanter {
    mutating func plantInBody(_ seed: Seed, _ draft: inout LineDraft) {
        switch seed.combination.place {
        case .jsonAsValue:
            draft.fill(.init(content: .literal(flat(document(with: seed)))), type: "application/json", &random)
        case .formBody:
            draft.fill(
                .init(content: .text("grant=refresh&\(formField(seed))&scope=read+write")),
                type: "application/x-www-form-urlencoded", &random)
        case .multipartBody: plantInMultipart(seed, &draft)
        case .xmlElement, .xmlAttribute:
            draft.fill(.init(content: .text(xml(seed))), type: "text/xml; charset=utf-8", &random)
        case .plainText: draft.fill(.init(content: .text(plainText(seed))), type: "text/plain", &random)
        case .binaryBody:
            draft.fill(
                .init(content: .text(Base64Text.encode(binary(seed))), isBase64: true),
                type: "application/octet-stream", &random)
        case .truncatedBehind, .truncatedWithin: plantInTruncated(seed, &draft)
        case .brokenJSON: draft.fill(.init(content: .text(broken(seed))), type: "application/json", &random)
        case .gzipBody: plantCompressed(seed, .gzip, &draft)
        case .deflateBody: plantCompressed(seed, .deflate, &draft)
        case .zstdBody: plantCompressed(seed, .zstd, &draft)
        default: draft.fill(.init(content: .text(document(with: seed))), type: "application/json", &random)
        }
    }

    /// A document on one line, as NDJSON asks for. No text in it has a line break of its own.
    private func flat(_ document: String) -> String {
        String(document.map { $0 == "\n" ? " " : $0 })
    }

    private mutating func formField(_ seed: Seed) -> String {
        guard case .named(let value) = seed.combination.kind else { return "note=" + seed.written.text }
        var name = random.pick(NamedValue.parameterNames)
        if value == .escapedName, let last = name.popLast() {
            name += SecretEncoding.percentAllLower.encode(String(last))
        }
        return name + "=" + seed.written.text
    }

    private mutating func plantInMultipart(_ seed: Seed, _ draft: inout LineDraft) {
        let boundary = "----form" + random.hex(16)
        let name = if case .named = seed.combination.kind { random.pick(NamedValue.parameterNames) } else { "note" }
        let parts = [("title", "Invoice 4711"), (name, seed.written.text), ("kind", "pdf")]
        let text =
            parts.map { name, value in
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
            }.joined() + "--\(boundary)--\r\n"
        draft.fill(
            .init(content: .text(text)), type: "multipart/form-data; boundary=\(boundary)", &random)
    }

    private mutating func xml(_ seed: Seed) -> String {
        let text = seed.written.text
        let isNamed = if case .named = seed.combination.kind { true } else { false }
        let inner: String
        if seed.combination.place == .xmlElement {
            let name = isNamed ? random.pick(NamedValue.elementNames) : "Comment"
            inner = "<\(name)>\(text)</\(name)>"
        } else {
            let name = isNamed ? random.pick(NamedValue.attributeNames) : "comment"
            inner = "<Account id=\"7\" \(name)=\"\(text)\" active=\"true\"/>"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
            <Login><User>ada</User>\(inner)<Locale>de-DE</Locale></Login>
            </soap:Body></soap:Envelope>
            """
    }

    private mutating func plainText(_ seed: Seed) -> String {
        let text = seed.written.text
        guard case .named = seed.combination.kind else {
            return "2025-06-01 12:00:00 INFO start\n2025-06-01 12:00:01 WARN got \(text) from peer\n2 lines\n"
        }
        if random.chance(50) {
            return "POST /v1/login HTTP/1.1\r\n\(random.pick(NamedValue.headerNames)): \(text)\r\nAccept: */*\r\n"
        }
        return "host=db1 \(random.pick(NamedValue.parameterNames))=\(text) timeout=30\n"
    }

    /// Bytes that are no text, and NULs right beside the secret.
    private mutating func binary(_ seed: Seed) -> [UInt8] {
        var text = seed.written.text
        if case .named = seed.combination.kind { text = TrafficJSON.object([member(with: seed)]).written() }
        return [0, 1, 0xFF, 0xFE, 0x0A, 0] + random.bytes(random.number(in: 0...40)) + [0, 0] + Array(text.utf8)
            + [0, 0] + random.bytes(random.number(in: 0...40))
    }

    private mutating func plantInTruncated(_ seed: Seed, _ draft: inout LineDraft) {
        var text = #"{"id":4711,"name":"Zürich","tags":["a","b"],""#
        let member = member(with: seed)
        text += member.escapedName + "\":"
        if case .literal(let number) = member.value { text += number } else { text += "\"" + seed.leaf }
        draft.fill(
            .init(content: .text(text), truncatedFrom: text.utf8.count + random.number(in: 100...90_000)),
            type: "application/json", &random)
    }

    private mutating func broken(_ seed: Seed) -> String {
        let member = TrafficJSON.object([member(with: seed)]).written().dropFirst().dropLast()
        return switch random.number(in: 0...3) {
        case 0: #"{"id":1,,"ok":tru, \#(member), "rest":["#
        case 1: #"{'id': 1, 'name': 'x', \#(member)}"#
        case 2: #"callback({\#(member),"z":[1,2,}"#
        default: #"}{"a":"b" "c" \#(member) "d":{"#
        }
    }

    private mutating func plantCompressed(_ seed: Seed, _ coding: ContentCoding, _ draft: inout LineDraft) {
        let bytes = Array(document(with: seed).utf8)
        draft.fill(
            .init(content: .text(Base64Text.encode(compress?(coding, bytes) ?? bytes)), isBase64: true),
            coding: coding.rawValue, type: "application/json", &random)
    }
}
