import ConnectorLogCore

/// Why bytes are no JSON.
struct JSONSyntaxError: Error, Equatable {
    var reason: String
    var offset: Int
}

/// A recursive-descent parser of RFC 8259 over bytes that are known to be UTF-8. It refuses what the standard refuses, names
/// that repeat within an object, unpaired surrogates, and nesting past `ServerSettings.jsonDepth`.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONSyntaxError) -> JSONBody.Value {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw error("something behind the document") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONBody.Value {
        skipSpace()
        guard let byte = peek else { throw error("an unexpected end") }
        switch byte {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error("an unexpected character")
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONBody.Value {
        let start = position
        try enter()
        var members: [String: JSONBody.Value] = [:]
        if !takeAfterSpace(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw error("a name was expected") }
                let nameAt = position
                let name = try text()
                guard takeAfterSpace(UInt8(ascii: ":")) else { throw error("a colon was expected") }
                guard members.updateValue(try value(), forKey: name) == nil else {
                    throw JSONSyntaxError(reason: "a name that repeats", offset: nameAt)
                }
            } while takeAfterSpace(UInt8(ascii: ","))
            guard takeAfterSpace(UInt8(ascii: "}")) else { throw error("a comma or } was expected") }
        }
        depth -= 1
        return .object(members, place: start..<position)
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONBody.Value {
        try enter()
        var elements: [JSONBody.Value] = []
        if !takeAfterSpace(UInt8(ascii: "]")) {
            repeat { elements.append(try value()) } while takeAfterSpace(UInt8(ascii: ","))
            guard takeAfterSpace(UInt8(ascii: "]")) else { throw error("a comma or ] was expected") }
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func enter() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= ServerSettings.jsonDepth else { throw error("nesting deeper than \(ServerSettings.jsonDepth)") }
        position += 1
    }

    private mutating func word(_ word: StaticString, _ value: JSONBody.Value) throws(JSONSyntaxError) -> JSONBody.Value
    {
        for offset in 0..<word.utf8CodeUnitCount {
            guard peek == word.withUTF8Buffer({ $0[offset] }) else { throw error("an unexpected character") }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard let first = peek, first &- 48 <= 9 else { throw error("a digit was expected") }
        while let byte = peek, byte &- 48 <= 9 { position += 1 }
    }

    // MARK: - Text

    private mutating func text() throws(JSONSyntaxError) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += String(try escape()).utf8
            case 0..<0x20: throw error("a control character in a text")
            default: content.append(byte)
            }
        }
        throw error("an unexpected end")
    }

    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        guard let byte = peek else { throw error("an unexpected end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error("an unpaired surrogate")
        }
        let low = try hexUnit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        else { throw error("an unpaired surrogate") }
        return scalar
    }

    private mutating func hexUnit() throws(JSONSyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek?.hexDigitValue else { throw error("four hexadecimal digits were expected") }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: - Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func takeAfterSpace(_ byte: UInt8) -> Bool {
        skipSpace()
        return take(byte)
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: position)
    }
}
