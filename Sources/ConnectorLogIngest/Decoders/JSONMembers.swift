import ConnectorLogCore

/// A JSON object of others' making, member by member: for the rare and small, with texts as strings of Swift.
struct JSONMembers {
    private let text: UnsafeRawBufferPointer
    private let start: Int

    /// Nil unless `text` is one JSON object by RFC 8259, in UTF-8.
    init?(_ text: UnsafeRawBufferPointer) {
        do {
            _ = try UTF8Span(validating: text.bindMemory(to: UInt8.self).span)
            var scanner = JSONScanner(text)
            guard try scanner.peek() == UInt8(ascii: "{") else { return nil }
            start = scanner.position
            _ = try scanner.value(depth: 0)
            try scanner.end()
        } catch {
            return nil
        }
        self.text = text
    }

    /// Any JSON value, to be read on with the members that come with it; nil unless `text` is one.
    static func value(_ text: UnsafeRawBufferPointer) -> (members: JSONMembers, value: JSONSlice)? {
        do {
            _ = try UTF8Span(validating: text.bindMemory(to: UInt8.self).span)
            var scanner = JSONScanner(text)
            let value = try scanner.value(depth: 0)
            try scanner.end()
            return (JSONMembers(text, at: Int(value.start)), value)
        } catch {
            return nil
        }
    }

    private init(_ text: UnsafeRawBufferPointer, at start: Int) {
        (self.text, self.start) = (text, start)
    }

    func forEach(_ body: (_ name: String, _ value: JSONSlice) -> Void) {
        each(from: start, to: UInt8(ascii: "}")) { scanner throws(JSONScanError) in
            let name = try scanner.name()
            body(string(name), try scanner.value(depth: 1))
        }
    }

    /// Calls `body` for each element of an array; for none when `value` is no array.
    func elements(of value: JSONSlice, _ body: (JSONSlice) -> Void) {
        guard value.kind == .array else { return }
        each(from: Int(value.start), to: UInt8(ascii: "]")) { scanner throws(JSONScanError) in
            body(try scanner.value(depth: 1))
        }
    }

    /// What was read as a whole before has no fault left.
    private func each(
        from start: Int, to close: UInt8, _ body: (inout JSONScanner) throws(JSONScanError) -> Void
    ) {
        var scanner = JSONScanner(text, from: start)
        scanner.advance()
        do throws(JSONScanError) {
            guard try scanner.peek() != close else { return }
            repeat { try body(&scanner) } while try scanner.continues(before: close)
        } catch {}
    }

    func object(_ value: JSONSlice) -> JSONMembers? {
        value.kind == .object ? JSONMembers(text, at: Int(value.start)) : nil
    }

    /// The value of a string; nil for what is none.
    func text(_ value: JSONSlice) -> String? {
        value.kind.isString ? string(value) : nil
    }

    /// A text, or the JSON of any other value; nil for null.
    func content(_ value: JSONSlice) -> [UInt8]? {
        switch value.kind {
        case .string, .escapedString: Array(string(value).utf8)
        case .null: nil
        default: Array(value.bytes(in: text))
        }
    }

    /// A whole number, also one in a string.
    func whole(_ value: JSONSlice) -> Int64? {
        switch value.kind {
        case .number: try? JSONNumber(value.bytes(in: text)).whole()
        case .string: Int64(string(value))
        default: nil
        }
    }

    private func string(_ value: JSONSlice) -> String {
        let raw = value.bytes(in: text)
        guard value.kind == .escapedString else { return String(decoding: raw, as: UTF8.self) }
        return withUnsafeTemporaryAllocation(byteCount: raw.count, alignment: 1) { room in
            guard let start = room.baseAddress else { return "" }
            let count = JSONText.unescape(raw, to: start)
            return String(decoding: UnsafeRawBufferPointer(rebasing: room[..<count]), as: UTF8.self)
        }
    }
}
