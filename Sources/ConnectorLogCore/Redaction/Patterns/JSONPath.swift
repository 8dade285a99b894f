/// A path to values in JSON: a subset of RFC 9535.
///
/// `$` is the whole; behind it stand `.name`, `['name']` or `["name"]` for a member, `[n]` for an element of an array,
/// `.*` or `[*]` for all; and each of these with `..` before it (`..name`, `..[*]`), for those at any depth. Blanks may
/// stand between segments and within brackets. Refused are filters, slices, unions and indices from the end; paths of
/// more than 500 bytes or 32 segments.
package struct JSONPath: Sendable {
    package static let maximumLength = 500
    package static let maximumSegmentCount = 32

    struct Segment: Sendable {
        enum Selector: Sendable {
            /// UTF-8.
            case name([UInt8])
            case index(Int)
            case all
        }

        var selector: Selector
        /// Whether it looks for values at any depth.
        var isDescendant: Bool
    }

    let segments: [Segment]

    package init(_ path: String) throws(PatternError) {
        var reader = try ExpressionReader(path, limit: Self.maximumLength)
        guard reader.take("$") else { throw reader.error("a path starts with $") }
        var segments: [Segment] = []
        while reader.next != nil {
            reader.skipBlanks()
            guard segments.count < Self.maximumSegmentCount else {
                throw reader.error("more than \(Self.maximumSegmentCount) segments")
            }
            segments.append(try reader.takeSegment())
        }
        self.segments = segments
    }
}

extension ExpressionReader {
    fileprivate mutating func skipBlanks() {
        while let next, " \t\n\r".unicodeScalars.contains(next) { position += 1 }
    }

    fileprivate mutating func takeSegment() throws(PatternError) -> JSONPath.Segment {
        let isDescendant = take("..")
        let selector: JSONPath.Segment.Selector
        if take("[") {
            selector = try takeBracketed()
        } else if isDescendant || take(".") {
            selector = try takeShorthand()
        } else {
            throw error("a segment starts with . or [")
        }
        return JSONPath.Segment(selector: selector, isDescendant: isDescendant)
    }

    /// RFC 9535, section 2.5.1.1.
    private mutating func takeShorthand() throws(PatternError) -> JSONPath.Segment.Selector {
        if take("*") { return .all }
        var name = String.UnicodeScalarView()
        while let next, TextUnit.isWord(next.value) || !next.isASCII {
            if name.isEmpty, "0"..."9" ~= next { throw error("a name with a digit first is written ['name']") }
            name.append(next)
            position += 1
        }
        if name.isEmpty { throw error("a name or * is to come here; any name can be written ['name']") }
        return .name(Array(String(name).utf8))
    }

    private mutating func takeBracketed() throws(PatternError) -> JSONPath.Segment.Selector {
        skipBlanks()
        let selector: JSONPath.Segment.Selector
        switch next {
        case "*":
            position += 1
            selector = .all
        case "'", "\"": selector = .name(try takeQuoted())
        case "?": throw error("filters are not known")
        case "-": throw error("indices count from the start")
        case ":": throw error("slices are not known")
        default:
            let start = position
            guard let index = try takeNumber(limit: Int(Int32.max)) else {
                throw error("a name in quotes, a number or * is to come here")
            }
            if scalar(at: start) == "0", position > start + 1 {
                throw error("indices have no leading zeros", at: start)
            }
            selector = .index(index)
        }
        skipBlanks()
        if next == "," { throw error("unions are not known") }
        if next == ":" { throw error("slices are not known") }
        guard take("]") else { throw error("] is to come here") }
        return selector
    }

    /// RFC 9535, section 2.3.1.1.
    private mutating func takeQuoted() throws(PatternError) -> [UInt8] {
        let start = position
        let quote = take()
        var name = String.UnicodeScalarView()
        while let scalar = take() {
            if scalar == quote { return Array(String(name).utf8) }
            guard scalar.value >= 0x20 else {
                throw error("control characters are written as escapes", at: position - 1)
            }
            name.append(scalar == "\\" ? try takeEscape(quote: quote) : scalar)
        }
        throw error("the name is not closed", at: start)
    }

    private mutating func takeEscape(quote: Unicode.Scalar?) throws(PatternError) -> Unicode.Scalar {
        let start = position - 1
        switch take() {
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let unit = try takeHexadecimal(digits: 4)
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard unit < 0xDC00, take("\\u"), case let low = try takeHexadecimal(digits: 4), 0xDC00...0xDFFF ~= low,
                let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
            else { throw error("half of a surrogate pair is no character", at: start) }
            return scalar
        case let scalar? where scalar == quote || scalar == "\\" || scalar == "/": return scalar
        default: throw error("the escape is not known", at: start)
        }
    }
}
