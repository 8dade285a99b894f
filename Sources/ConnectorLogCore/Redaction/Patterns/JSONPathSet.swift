/// Finds the values in a JSON text that some paths select.
package final class JSONPathSet: Sendable {
    /// How deep the text is read. What is deeper is not looked into: it is reported whole when a path may select
    /// something in it.
    package static let maximumDepth = 256

    let paths: [JSONPath]

    package init(_ paths: [JSONPath]) {
        self.paths = paths
    }

    /// Calls `body` with the path's place in the list and the bytes of a value that it selects, in the order of the
    /// text: of a string what is between its quotes. Once for each value, with the first path that selects it, and not
    /// for values within one that was reported. Left out are `null`, `true`, `false`, and empty strings, objects and
    /// arrays.
    ///
    /// Reading ends where the text is no longer JSON. A value that the text's end cuts is reported up to there.
    package func forEachValue(
        in text: UnsafeRawBufferPointer, _ body: (_ path: Int, _ range: Range<Int>, _ isString: Bool) -> Void
    ) {
        guard !paths.isEmpty else { return }
        var walk = JSONPathWalk(paths, text)
        walk.readText(body)
    }
}

/// One pass over a JSON text (RFC 8259).
private struct JSONPathWalk {
    private typealias Body = (_ path: Int, _ range: Range<Int>, _ isString: Bool) -> Void

    private enum Step {
        /// The bytes of the member's name in the text.
        case member(Range<Int>)
        case element(Int)
    }

    private let paths: [JSONPath]
    private let text: UnsafeRawBufferPointer
    private var position = 0
    /// For each depth and path the segments that are next there, a bit each; the bit behind the last says that the path
    /// selects the value.
    private var states: [UInt64]
    /// Whether the string that was read last has escapes.
    private var hasEscapes = false
    /// A name without its escapes.
    private var unescaped: [UInt8] = []

    init(_ paths: [JSONPath], _ text: UnsafeRawBufferPointer) {
        (self.paths, self.text) = (paths, text)
        states = []
        // As deep as most texts are.
        states.reserveCapacity(8 * paths.count)
        for _ in paths { states.append(1) }
    }

    mutating func readText(_ body: (_ path: Int, _ range: Range<Int>, _ isString: Bool) -> Void) {
        // RFC 8259, section 8.1: a byte order mark may be ignored.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        _ = readValue(depth: 0, body)
    }

    // MARK: - Values; each function says whether the text goes on as JSON

    private mutating func readValue(depth: Int, _ body: Body) -> Bool {
        skipBlanks()
        let start = position
        let path = selectingPath(depth)
        switch next {
        case UInt8(ascii: "\""):
            let isClosed = readString()
            let content = start + 1..<(isClosed ? position - 1 : position)
            if let path, !content.isEmpty { body(path, content, true) }
            return isClosed
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let open = firstOpenPath(depth)
            if path == nil, open != nil, depth < JSONPathSet.maximumDepth {
                return text[start] == UInt8(ascii: "{") ? readObject(depth: depth, body) : readArray(depth: depth, body)
            }
            let (isClosed, isEmpty) = skipComposite()
            if let path = path ?? open, !isEmpty { body(path, start..<position, false) }
            return isClosed
        case let first? where first == UInt8(ascii: "-") || Self.isDigit(first):
            skip(while: Self.isOfNumber)
            if let path { body(path, start..<position, false) }
            return true
        default:
            skip { $0 &- 97 < 26 }
            return ["null", "true", "false"].contains { text[start..<position].elementsEqual($0.utf8) }
        }
    }

    private mutating func readObject(depth: Int, _ body: Body) -> Bool {
        position += 1
        skipBlanks()
        if take("}") { return true }
        repeat {
            skipBlanks()
            let start = position
            guard next == UInt8(ascii: "\""), readString() else { return false }
            let name = start + 1..<position - 1
            if hasEscapes { unescape(name) }
            step(.member(name), from: depth)
            skipBlanks()
            guard take(":"), readValue(depth: depth + 1, body) else { return false }
            skipBlanks()
        } while take(",")
        return take("}")
    }

    private mutating func readArray(depth: Int, _ body: Body) -> Bool {
        position += 1
        skipBlanks()
        if take("]") { return true }
        var index = 0
        repeat {
            step(.element(index), from: depth)
            guard readValue(depth: depth + 1, body) else { return false }
            skipBlanks()
            index += 1
        } while take(",")
        return take("]")
    }

    // MARK: - Paths

    private func selectingPath(_ depth: Int) -> Int? {
        paths.indices.first { states[depth * paths.count + $0] >> UInt64(paths[$0].segments.count) & 1 != 0 }
    }

    /// The first that may select values within.
    private func firstOpenPath(_ depth: Int) -> Int? {
        paths.indices.first { states[depth * paths.count + $0] != 0 }
    }

    private mutating func step(_ step: Step, from depth: Int) {
        let (base, count) = (depth * paths.count, paths.count)
        while states.count < base + 2 * count { states.append(0) }
        for (number, path) in paths.enumerated() {
            var open = states[base + number]
            var following: UInt64 = 0
            while open != 0 {
                let place = open.trailingZeroBitCount
                open &= open - 1
                guard place < path.segments.count else { continue }
                if path.segments[place].isDescendant { following |= 1 << UInt64(place) }
                if selects(path.segments[place].selector, step) { following |= 2 << UInt64(place) }
            }
            states[base + count + number] = following
        }
    }

    private func selects(_ selector: JSONPath.Segment.Selector, _ step: Step) -> Bool {
        switch (selector, step) {
        case (.all, _): true
        case (.name(let name), .member(let range)):
            hasEscapes ? name == unescaped : name.count == range.count && text[range].elementsEqual(name)
        case (.index(let index), .element(let number)): index == number
        case (.name, .element), (.index, .member): false
        }
    }

    // MARK: - Bytes

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while position < text.count, holds(text[position]) { position += 1 }
    }

    private mutating func skipBlanks() {
        skip { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"), UInt8(ascii: "e"): true
        default: isDigit(byte)
        }
    }

    /// From a string's quote to behind its end; false when that is the text's.
    private mutating func readString() -> Bool {
        hasEscapes = false
        position += 1
        while position < text.count {
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscapes = true
            position = min(position + 1, text.count)
        }
        return false
    }

    /// From an object's or array's bracket to behind its end, or the text's.
    private mutating func skipComposite() -> (isClosed: Bool, isEmpty: Bool) {
        var depth = 1
        position += 1
        skipBlanks()
        let isEmpty = next == nil || next == UInt8(ascii: "}") || next == UInt8(ascii: "]")
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard readString() else { return (false, isEmpty) }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return (true, isEmpty) }
        }
        return (false, isEmpty)
    }

    // MARK: - Names

    /// Fills `unescaped`. Half of a surrogate pair becomes a byte that is in no name.
    private mutating func unescape(_ name: Range<Int>) {
        unescaped.removeAll(keepingCapacity: true)
        var at = name.lowerBound
        while at < name.upperBound {
            let byte = text[at]
            at += 1
            // A string does not end behind a backslash, so that another byte follows.
            guard byte == UInt8(ascii: "\\"), at < name.upperBound else {
                unescaped.append(byte)
                continue
            }
            let escape = text[at]
            at += 1
            switch escape {
            case UInt8(ascii: "b"): unescaped.append(8)
            case UInt8(ascii: "f"): unescaped.append(12)
            case UInt8(ascii: "n"): unescaped.append(10)
            case UInt8(ascii: "r"): unescaped.append(13)
            case UInt8(ascii: "t"): unescaped.append(9)
            case UInt8(ascii: "u"): appendScalar(at: &at, before: name.upperBound)
            default: unescaped.append(escape)
            }
        }
    }

    private mutating func appendScalar(at position: inout Int, before end: Int) {
        guard var value = codeUnit(at: position, before: end) else { return unescaped.append(0xFF) }
        position += 4
        if value & 0xFC00 == 0xD800, position + 6 <= end, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u"), let low = codeUnit(at: position + 2, before: end),
            low & 0xFC00 == 0xDC00
        {
            value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
            position += 6
        }
        guard let scalar = Unicode.Scalar(value) else { return unescaped.append(0xFF) }
        unescaped += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    }

    private func codeUnit(at position: Int, before end: Int) -> UInt32? {
        guard position + 4 <= end else { return nil }
        var value: UInt32 = 0
        for byte in text[position..<position + 4] {
            guard let digit = byte.hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
