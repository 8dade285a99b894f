import CByteSearch
import ConnectorLogCore

/// Reads JSON (RFC 8259, strictly) in one pass over UTF-8 that was validated before, and gives values as slices. Nesting
/// takes one bit a level, no recursion; sixteen bytes are looked at together inside strings.
struct JSONScanner {
    let text: UnsafeRawBufferPointer
    private(set) var position = 0

    /// `text` has fewer than 2^32 bytes (`Limits.lineBytes` sees to that).
    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, from position: Int = 0) {
        (self.text, self.position) = (text, position)
    }

    // MARK: - Marks

    /// The next byte that is not white space; does not take it.
    @inline(__always)
    mutating func peek() throws(JSONScanError) -> UInt8 {
        while position < text.count {
            let byte = text[position]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        throw JSONScanError(.endsEarly, position)
    }

    @inline(__always)
    mutating func advance() { position += 1 }

    /// Passes over bytes that the caller knows.
    @inline(__always)
    mutating func advance(by count: Int) { position += count }

    /// Passes over one blank, as some writers put it behind each comma.
    @inline(__always)
    mutating func skipBlank() {
        if position < text.count, text[position] == 0x20 { position += 1 }
    }

    mutating func end() throws(JSONScanError) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: throw JSONScanError(.expectedEnd, position)
            }
        }
    }

    /// A member's name and the colon behind it.
    @inline(__always)
    mutating func name() throws(JSONScanError) -> JSONSlice {
        guard try peek() == UInt8(ascii: "\"") else { throw JSONScanError(.expectedName, position) }
        let name = try string()
        guard try peek() == UInt8(ascii: ":") else { throw JSONScanError(.expectedColon, position) }
        position += 1
        return name
    }

    /// Takes a comma and says true, or takes `close` and says false.
    @inline(__always)
    mutating func continues(before close: UInt8) throws(JSONScanError) -> Bool {
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == close else {
            throw JSONScanError(.expectedCommaOrBracket, position)
        }
        position += 1
        return byte != close
    }

    // MARK: - Values

    /// The next value whole. `depth` arrays and objects are open around it.
    @inline(__always)
    mutating func value(depth: Int) throws(JSONScanError) -> JSONSlice {
        let byte = try peek()
        if byte == UInt8(ascii: "\"") { return try string() }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            let start = position
            try skipNested(depth: depth)
            return JSONSlice(byte == UInt8(ascii: "{") ? .object : .array, start, position)
        }
        return try numberOrWord(byte)
    }

    /// From an opening bracket to its closing one.
    private mutating func skipNested(depth: Int) throws(JSONScanError) {
        /// One bit for each open level, the innermost lowest: 1 is an object. `Limits.depth` is at most 64.
        var objects: UInt64 = 0
        var level = 0
        values: while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth + level < Limits.depth else { throw JSONScanError(.tooDeep, position) }
                let isObject = byte == UInt8(ascii: "{")
                objects = objects << 1 | (isObject ? 1 : 0)
                level += 1
                position += 1
                // The closing bracket has the opening one's code and 2.
                if try peek() != byte &+ 2 {
                    if isObject { _ = try name() }
                    continue values
                }
                position += 1
                objects >>= 1
                level -= 1
            case UInt8(ascii: "\""):
                _ = try string()
            default:
                _ = try numberOrWord(byte)
            }
            repeat {
                if level == 0 { return }
                let isObject = objects & 1 == 1
                if try continues(before: isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    if isObject { _ = try name() }
                    continue values
                }
                objects >>= 1
                level -= 1
            } while true
        }
    }

    private mutating func numberOrWord(_ byte: UInt8) throws(JSONScanError) -> JSONSlice {
        let start = position
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number()
            return JSONSlice(.number, start, position)
        case UInt8(ascii: "t"):
            try word("true")
            return JSONSlice(.yes, start, position)
        case UInt8(ascii: "f"):
            try word("false")
            return JSONSlice(.no, start, position)
        case UInt8(ascii: "n"):
            try word("null")
            return JSONSlice(.null, start, position)
        default:
            throw JSONScanError(.expectedValue, position)
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONScanError) {
        for i in 0..<word.utf8CodeUnitCount {
            guard position < text.count else { throw JSONScanError(.endsEarly, position) }
            guard text[position] == word.utf8Start[i] else { throw JSONScanError(.expectedValue, position) }
            position += 1
        }
    }

    /// RFC 8259, section 6.
    private mutating func number() throws(JSONScanError) {
        if text[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits()
        if text[first] == UInt8(ascii: "0"), position > first + 1 { throw JSONScanError(.badNumber, first) }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
    }

    private mutating func digits() throws(JSONScanError) {
        let start = position
        while position < text.count, text[position] &- 48 <= 9 { position += 1 }
        guard position > start else {
            throw JSONScanError(position < text.count ? .badNumber : .endsEarly, position)
        }
    }

    // MARK: - Strings

    /// From an opening quote to its closing one. Escapes are checked, not replaced.
    @inline(__always)
    mutating func string() throws(JSONScanError) -> JSONSlice {
        let start = position + 1
        let stop = JSONText.firstSpecial(in: text, from: start)
        if stop < text.count, text[stop] == UInt8(ascii: "\"") {
            position = stop + 1
            return JSONSlice(.string, start, stop)
        }
        return try string(from: start, stoppedAt: stop)
    }

    @inline(never)
    private mutating func string(from start: Int, stoppedAt stop: Int) throws(JSONScanError) -> JSONSlice {
        var at = skip_json_string(text.baseAddress, stop, text.count)
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                position = at + 1
                return JSONSlice(.escapedString, start, at)
            case UInt8(ascii: "\\"):
                at = skip_json_string(text.baseAddress, try escape(at), text.count)
            default:
                throw JSONScanError(.controlCharacter, at)
            }
        }
        throw JSONScanError(.endsEarly, text.count)
    }

    /// Where the escape that begins at `start` ends.
    @inline(__always)
    private func escape(_ start: Int) throws(JSONScanError) -> Int {
        guard start + 1 < text.count else { throw JSONScanError(.endsEarly, text.count) }
        switch text[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            return try unicodeEscape(start)
        default:
            throw JSONScanError(.badEscape, start)
        }
    }

    /// RFC 8259, section 7: a character beyond the Basic Multilingual Plane is a pair of escapes. Half a pair means no
    /// character (section 8.2), so it is refused.
    private func unicodeEscape(_ start: Int) throws(JSONScanError) -> Int {
        let unit = try codeUnit(start)
        switch unit {
        case 0xD800...0xDBFF:
            guard start + 7 < text.count, text[start + 6] == UInt8(ascii: "\\"), text[start + 7] == UInt8(ascii: "u"),
                (0xDC00...0xDFFF).contains(try codeUnit(start + 6))
            else { throw JSONScanError(.loneSurrogate, start) }
            return start + 12
        case 0xDC00...0xDFFF:
            throw JSONScanError(.loneSurrogate, start)
        default:
            return start + 6
        }
    }

    private func codeUnit(_ start: Int) throws(JSONScanError) -> UInt32 {
        var unit: UInt32 = 0
        for at in start + 2..<start + 6 {
            guard at < text.count else { throw JSONScanError(.endsEarly, text.count) }
            guard let digit = text[at].hexDigitValue else { throw JSONScanError(.badEscape, start) }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
