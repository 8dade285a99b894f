import ConnectorLogCore

/// Headers and bodies.
extension LineDecoder {
    /// The headers in order and with repeats, in the memory of `headers`.
    mutating func headers(
        _ slices: UnsafeBufferPointer<LineFields.Header>, _ field: FlatField,
        reusing headers: consuming [EntryDraft.Header]
    ) throws(LineError) -> [EntryDraft.Header] {
        headers.removeAll(keepingCapacity: true)
        guard let slice = fields[field] else { return headers }
        guard slice.kind == .object else { throw failure(.wrongType, field, "an object is expected") }
        headers.reserveCapacity(slices.count)
        var bytes = 0
        var previous: (start: UInt32, name: Text)?
        for slice in slices {
            // A name with a list of values is unescaped once, so that `texts` has room for all.
            let name: Text
            if slice.name.kind == .string {
                name = slice.name.bytes(in: fields.text)
            } else if let previous, previous.start == slice.name.start {
                name = previous.name
            } else {
                name = meaning(slice.name)
                previous = (slice.name.start, name)
            }
            let header = EntryDraft.Header(name: name, value: meaning(slice.value))
            if header.name.isEmpty || (slice.name.kind == .escapedString && header.name.contains(0)) {
                throw LineError(
                    .invalidValue, field: "\(field.name)",
                    "a header's name is empty or has U+0000, at byte \(slice.name.offset)")
            }
            bytes += header.name.count + header.value.count
            headers.append(header)
        }
        guard bytes <= Limits.headerBytes else {
            throw failure(.tooLong, field, "longer than \(Limits.headerBytes) bytes")
        }
        return headers
    }

    struct BodyFields {
        var content: FlatField
        var encoding: FlatField
        var size: FlatField
        var truncated: FlatField

        static let request = BodyFields(
            content: .requestBody, encoding: .requestBodyEncoding, size: .requestBodySize,
            truncated: .requestBodyTruncated)
        static let response = BodyFields(
            content: .responseBody, encoding: .responseBodyEncoding, size: .responseBodySize,
            truncated: .responseBodyTruncated)
    }

    /// Text, bytes in base64, or any JSON value as its text. A body of which only the size is known is one that was cut
    /// to nothing.
    mutating func body(_ members: BodyFields) throws(LineError) -> EntryDraft.Body? {
        // The largest size that JSON's numbers carry exactly everywhere.
        let size = try whole(members.size, in: 0...1 << 53)
        let isTruncated = try flag(members.truncated)
        let isBinary = try isBase64(members.encoding)
        guard let slice = fields[members.content] else {
            guard let size, size > 0 else { return nil }
            var body = EntryDraft.Body(bytes: Text(start: nil, count: 0))
            body.originalSize = Int(size)
            body.isTruncated = true
            return body
        }
        var body = EntryDraft.Body(bytes: try content(slice, members.content, isBinary: isBinary))
        body.isBinary = isBinary
        body.originalSize = size.map(Int.init)
        body.isTruncated = isTruncated
        return body
    }

    private mutating func isBase64(_ field: FlatField) throws(LineError) -> Bool {
        guard let encoding = try text(field, limit: Limits.identifier) else { return false }
        guard encoding.isEqual("base64") else { throw failure(.invalidValue, field, "base64 is the one encoding") }
        return true
    }

    private mutating func content(
        _ slice: JSONSlice, _ field: FlatField, isBinary: Bool
    ) throws(LineError) -> Text {
        guard isBinary else {
            return slice.kind.isString ? meaning(slice) : slice.bytes(in: fields.text)
        }
        guard slice.kind.isString else { throw failure(.wrongType, field, "base64 text is expected") }
        let raw = slice.bytes(in: fields.text)
        guard !raw.isEmpty else { return raw }
        let room = texts.take(raw.count)
        var count = raw.count
        if slice.kind == .string {
            room.copyMemory(from: raw)
        } else if let start = room.baseAddress {
            count = JSONText.unescape(raw, to: start)
        }
        guard let decoded = Base64.decode(inPlace: UnsafeMutableRawBufferPointer(rebasing: room[..<count])) else {
            throw failure(.invalidValue, field, "base64 with padding (RFC 4648, section 4) is expected")
        }
        return UnsafeRawBufferPointer(rebasing: room[..<decoded])
    }
}
