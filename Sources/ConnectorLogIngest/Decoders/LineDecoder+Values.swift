import CByteSearch
import ConnectorLogCore

/// The types and limits of single fields. Null and absent are one. What only reads is mutating, too: else each call would
/// copy the decoder's members to lend them.
extension LineDecoder {
    typealias Text = EntryDraft.Text

    /// The meaning of a string: in the line itself, or in `texts`.
    @inline(__always)
    mutating func meaning(_ slice: JSONSlice) -> Text {
        let raw = slice.bytes(in: fields.text)
        return slice.kind == .string ? raw : unescaped(raw)
    }

    private mutating func unescaped(_ raw: Text) -> Text {
        let room = texts.take(raw.count)
        guard let start = room.baseAddress else { return raw }
        let count = JSONText.unescape(raw, to: start)
        texts.removeAll(keepingFirst: texts.count - (raw.count - count))
        return UnsafeRawBufferPointer(rebasing: room[..<count])
    }

    /// A text of at most `limit` Unicode scalars.
    @inline(__always)
    mutating func text(_ field: FlatField, limit: Int) throws(LineError) -> Text? {
        guard let slice = fields[field] else { return nil }
        guard slice.kind.isString else { throw failure(.wrongType, field, "text is expected") }
        let text = meaning(slice)
        if text.count > limit { try check(text, field, limit: limit) }
        return text
    }

    private func check(_ text: Text, _ field: FlatField, limit: Int) throws(LineError) {
        let scalars = text.count { $0 & 0xC0 != 0x80 }
        guard scalars <= limit else { throw failure(.tooLong, field, "longer than \(limit) characters") }
    }

    /// A text that names something: nothing when empty.
    mutating func identifier(_ field: FlatField) throws(LineError) -> Text? {
        guard let text = try textWithoutNull(field, limit: Limits.identifier), !text.isEmpty else { return nil }
        return text
    }

    /// A text that may stand in a row of a database, where U+0000 would end it.
    @inline(__always)
    mutating func textWithoutNull(_ field: FlatField, limit: Int) throws(LineError) -> Text? {
        guard let text = try text(field, limit: limit) else { return nil }
        // Unescaped, it would not be JSON.
        if fields[field]?.kind == .escapedString, text.contains(0) {
            throw failure(.invalidValue, field, "U+0000 is not allowed here")
        }
        return text
    }

    mutating func connector() throws(LineError) -> Text? {
        guard let text = try text(.connectorIdentifier, limit: Limits.connectorIdentifier) else { return nil }
        guard !text.isEmpty, text.allSatisfy(\.isIdentifierByte) else {
            throw failure(.invalidValue, .connectorIdentifier, "letters, digits, _ and - are expected")
        }
        return text
    }

    /// Text, or a whole number, which stands for its digits.
    mutating func flowVersion() throws(LineError) -> Text? {
        guard let slice = fields[.flowVersion], slice.kind == .number else { return try identifier(.flowVersion) }
        let digits = slice.bytes(in: fields.text)
        guard digits.allSatisfy({ $0 &- 48 <= 9 || $0 == UInt8(ascii: "-") }) else {
            throw failure(.invalidValue, .flowVersion, "text or a whole number is expected")
        }
        guard digits.count <= Limits.identifier else {
            throw failure(.tooLong, .flowVersion, "longer than \(Limits.identifier) characters")
        }
        return digits
    }

    /// RFC 3339 with any offset, not before 1970, at most a day ahead.
    mutating func time(_ field: FlatField) throws(LineError) -> Timestamp? {
        guard let text = try text(field, limit: Limits.identifier) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw failure(.invalidValue, field, "a date and time with offset by RFC 3339 is expected")
        }
        guard time >= .epoch else { throw failure(.outOfRange, field, "earlier than 1970-01-01T00:00:00Z") }
        guard time <= arrival.advanced(bySeconds: Limits.secondsAhead) else {
            throw failure(.outOfRange, field, "more than 24 hours ahead")
        }
        return time
    }

    /// A whole number, however it is written.
    mutating func whole(_ field: FlatField, in range: ClosedRange<Int64>) throws(LineError) -> Int64? {
        guard let number = try number(field) else { return nil }
        do throws(JSONNumber.Problem) {
            let value = try number.whole()
            if range.contains(value) { return value }
        } catch .notWhole {
            throw failure(.invalidValue, field, "a whole number is expected")
        } catch {
            // Out of the range of any field.
        }
        throw failure(.outOfRange, field, "not within \(range.lowerBound)...\(range.upperBound)")
    }

    /// Milliseconds, as microseconds.
    mutating func duration() throws(LineError) -> Int64? {
        guard let number = try number(.durationMS) else { return nil }
        let limit = Int64(Limits.durationMilliseconds)
        if let microseconds = try? number.rounded(places: 3), (0...limit * 1000).contains(microseconds) {
            return microseconds
        }
        throw failure(.outOfRange, .durationMS, "not within 0...\(limit)")
    }

    private mutating func number(_ field: FlatField) throws(LineError) -> JSONNumber? {
        guard let slice = fields[field] else { return nil }
        guard slice.kind == .number else { throw failure(.wrongType, field, "a number is expected") }
        return JSONNumber(slice.bytes(in: fields.text))
    }

    mutating func flag(_ field: FlatField) throws(LineError) -> Bool {
        switch fields[field]?.kind {
        case .yes: true
        case .no, nil: false
        default: throw failure(.wrongType, field, "true or false is expected")
        }
    }

    /// A trace context's id (W3C Trace Context, section 3.2.2): hexadecimal digits, not all zero; lower case here. An empty text
    /// is none.
    mutating func hexadecimal(_ field: FlatField, digits: Int) throws(LineError) -> Text? {
        guard let text = try text(field, limit: Limits.identifier), !text.isEmpty else { return nil }
        if let start = text.baseAddress, text.count == digits, is_lower_hexadecimal(start, digits) { return text }
        var (isZero, isLower, isHexadecimal) = (true, true, text.count == digits)
        for byte in text {
            if byte != UInt8(ascii: "0") { isZero = false }
            if byte &- 65 < 26 { isLower = false }
            if byte &- 48 > 9, (byte | 0x20) &- 97 > 5 { isHexadecimal = false }
        }
        guard isHexadecimal, !isZero else {
            throw failure(.invalidValue, field, "\(digits) hexadecimal digits, not all zero, are expected")
        }
        return isLower ? text : lowercased(text)
    }

    private mutating func lowercased(_ text: Text) -> Text {
        let room = texts.take(text.count)
        for (i, byte) in text.enumerated() { room[i] = byte &- 65 < 26 ? byte | 0x20 : byte }
        return UnsafeRawBufferPointer(room)
    }
}
