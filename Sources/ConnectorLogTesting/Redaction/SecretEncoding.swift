/// One layer of writing that a text may lie under, character by character. Written from the specifications, not from
/// the redactor, so that the two can disagree.
package enum SecretEncoding: String, CaseIterable, Sendable {
    /// RFC 3986, section 2.1: all but unreserved characters, or every byte; digits in either case.
    case percentUpper, percentLower, percentAllUpper, percentAllLower
    /// `application/x-www-form-urlencoded` (WHATWG URL, section 5.2): a blank is `+`.
    case form
    /// RFC 8259, section 7: only what must be; with `\/`; all but ASCII; every character as `\uXXXX`.
    case json, jsonSlash, jsonASCII, jsonUnicodeUpper, jsonUnicodeLower
    /// HTML's and XML's five characters by name, by number, or every character by number.
    case htmlNamed, htmlDecimal, htmlHexLower, htmlHexUpper, htmlDecimalAll

    package enum Family: Sendable { case percent, json, html }

    package var family: Family {
        switch self {
        case .percentUpper, .percentLower, .percentAllUpper, .percentAllLower, .form: .percent
        case .json, .jsonSlash, .jsonASCII, .jsonUnicodeUpper, .jsonUnicodeLower: .json
        case .htmlNamed, .htmlDecimal, .htmlHexLower, .htmlHexUpper, .htmlDecimalAll: .html
        }
    }

    package func encode(_ text: String) -> String {
        if text.utf8.allSatisfy(keeps) { return text }
        var output = ""
        for scalar in text.unicodeScalars { append(scalar, to: &output) }
        return output
    }

    /// Whether a byte stands for itself, surely: most texts are of such bytes alone.
    private func keeps(_ byte: UInt8) -> Bool {
        switch self {
        case .percentAllUpper, .percentAllLower, .jsonUnicodeUpper, .jsonUnicodeLower, .htmlDecimalAll: false
        case .json: byte >= 0x20 && byte != 0x22 && byte != 0x5C
        default: byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
        }
    }

    private func append(_ scalar: Unicode.Scalar, to output: inout String) {
        switch self {
        case .percentUpper: percent(scalar, kept: Self.isUnreserved, uppercase: true, &output)
        case .percentLower: percent(scalar, kept: Self.isUnreserved, uppercase: false, &output)
        case .percentAllUpper: percent(scalar, kept: { _ in false }, uppercase: true, &output)
        case .percentAllLower: percent(scalar, kept: { _ in false }, uppercase: false, &output)
        case .form:
            if scalar == " " { output += "+" } else { percent(scalar, kept: Self.isForm, uppercase: true, &output) }
        case .json, .jsonSlash, .jsonASCII: json(scalar, &output)
        case .jsonUnicodeUpper: unicode(scalar, uppercase: true, &output)
        case .jsonUnicodeLower: unicode(scalar, uppercase: false, &output)
        case .htmlNamed, .htmlDecimal, .htmlHexLower, .htmlHexUpper, .htmlDecimalAll: html(scalar, &output)
        }
    }

    // MARK: - URLs

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "A"..."Z", "a"..."z": true
        default: false
        }
    }

    private static func isUnreserved(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || "-._~".unicodeScalars.contains(scalar)
    }

    private static func isForm(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || "*-._".unicodeScalars.contains(scalar)
    }

    private func percent(
        _ scalar: Unicode.Scalar, kept: (Unicode.Scalar) -> Bool, uppercase: Bool, _ output: inout String
    ) {
        if kept(scalar) {
            output.unicodeScalars.append(scalar)
            return
        }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
            output += "%" + HexText.padded(UInt32(byte), 2, uppercase: uppercase)
        }
    }

    // MARK: - JSON

    private func json(_ scalar: Unicode.Scalar, _ output: inout String) {
        switch scalar {
        case "\"": output += #"\""#
        case "\\": output += #"\\"#
        case "\n": output += #"\n"#
        case "\r": output += #"\r"#
        case "\t": output += #"\t"#
        case "/" where self == .jsonSlash: output += #"\/"#
        case _ where scalar.value < 0x20 || self == .jsonASCII && !scalar.isASCII:
            unicode(scalar, uppercase: false, &output)
        default: output.unicodeScalars.append(scalar)
        }
    }

    /// Beyond U+FFFF as a pair of surrogates.
    private func unicode(_ scalar: Unicode.Scalar, uppercase: Bool, _ output: inout String) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            output += #"\u"# + HexText.padded(UInt32(unit), 4, uppercase: uppercase)
        }
    }

    // MARK: - HTML

    private func html(_ scalar: Unicode.Scalar, _ output: inout String) {
        if self == .htmlDecimalAll {
            output += "&#\(scalar.value);"
            return
        }
        guard "&<>\"'".unicodeScalars.contains(scalar) else {
            output.unicodeScalars.append(scalar)
            return
        }
        switch self {
        case .htmlNamed:
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            default: output += "&apos;"
            }
        case .htmlHexLower: output += "&#x" + HexText.padded(scalar.value, 2, uppercase: false) + ";"
        case .htmlHexUpper: output += "&#X" + HexText.padded(scalar.value, 2, uppercase: true) + ";"
        default: output += "&#\(scalar.value);"
        }
    }
}

/// Digits of base 16.
enum HexText {
    static func padded(_ value: UInt32, _ count: Int, uppercase: Bool) -> String {
        let digits = String(value, radix: 16, uppercase: uppercase)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    static func encode(_ bytes: [UInt8], uppercase: Bool) -> String {
        bytes.reduce(into: "") { $0 += padded(UInt32($1), 2, uppercase: uppercase) }
    }
}

/// RFC 4648, sections 4 and 5.
enum Base64Text {
    private static let common = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func encode(_ bytes: [UInt8], url: Bool = false, padded: Bool = true) -> String {
        let alphabet = common + Array((url ? "-_" : "+/").utf8)
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0...group.count { output.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)]) }
            if padded { output += repeatElement(UInt8(ascii: "="), count: 3 - group.count) }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
