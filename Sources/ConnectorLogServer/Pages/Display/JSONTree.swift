/// A JSON text whose objects and arrays can be folded: lines in the order of reading, so that a template needs no recursion
/// and the text of all lines together is the indented JSON again.
package struct JSONTree: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package let indent: String
        /// A member's name with its quotes and colon; nil in arrays and of closing brackets.
        package let name: MarkedText?
        /// A value or a bracket, with the comma behind it.
        package let value: MarkedText
        /// `text` or `value` for the colours of values; nil for brackets.
        package let tone: String?
        package let opens: Bool
        package let closes: Bool
        /// "12 members", for what opens.
        package let count: String?
        package let isExpanded: Bool
    }

    /// Longer texts are shown without folds: each line costs the browser some elements.
    private static let maximumLines = 1500
    private static let maximumBytes = 200_000
    /// Larger documents show their outer levels alone at first.
    private static let expandedLines = 200
    private static let expandedDepth = 3

    package let lines: [Line]

    /// - Parameter indented: what `JSONIndenter` made, one token a line. Nil when it is too large, or has nothing to fold.
    package init?(indented: [UInt8]) {
        guard indented.count <= Self.maximumBytes else { return nil }
        let texts = indented.split(separator: 0x0A, maxSplits: Self.maximumLines, omittingEmptySubsequences: false)
        guard (2...Self.maximumLines).contains(texts.count) else { return nil }
        let counts = Self.counts(of: texts)
        var lines: [Line] = []
        lines.reserveCapacity(texts.count)
        var depth = 0
        for (index, text) in texts.enumerated() {
            let content = text.drop { $0 == 0x20 }
            let nameEnd = Self.nameEnd(of: content)
            let value = content[nameEnd...]
            let opens = Self.opens(text)
            if Self.closes(content) { depth -= 1 }
            lines.append(
                Line(
                    indent: String(repeating: " ", count: content.startIndex - text.startIndex),
                    name: nameEnd == content.startIndex
                        ? nil : MarkedText(String(decoding: content[..<nameEnd], as: UTF8.self)),
                    value: MarkedText(String(decoding: value, as: UTF8.self)),
                    tone: opens || Self.closes(content) ? nil : value.first == UInt8(ascii: "\"") ? "text" : "value",
                    opens: opens, closes: Self.closes(content),
                    count: opens ? Self.label(counts[index] ?? 0, isObject: text.last == UInt8(ascii: "{")) : nil,
                    isExpanded: texts.count <= Self.expandedLines || depth < Self.expandedDepth))
            if opens { depth += 1 }
        }
        self.lines = lines
    }

    /// What stands directly in each object and array, by the line that opens it.
    private static func counts(of texts: [ArraySlice<UInt8>]) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        var open: [Int] = []
        for (index, text) in texts.enumerated() {
            if closes(text.drop { $0 == 0x20 }) {
                _ = open.popLast()
                continue
            }
            if let parent = open.last { counts[parent, default: 0] += 1 }
            if opens(text) { open.append(index) }
        }
        return counts
    }

    private static func label(_ count: Int, isObject: Bool) -> String {
        "\(DisplayNumber.grouped(count)) \(isObject ? "member" : "element")\(count == 1 ? "" : "s")"
    }

    private static func opens(_ line: ArraySlice<UInt8>) -> Bool {
        line.last == UInt8(ascii: "{") || line.last == UInt8(ascii: "[")
    }

    private static func closes(_ content: ArraySlice<UInt8>) -> Bool {
        guard let first = content.first, first == UInt8(ascii: "}") || first == UInt8(ascii: "]") else { return false }
        return content.count <= 2
    }

    /// Behind the `: ` of a member; the start when the line is no member.
    private static func nameEnd(of content: ArraySlice<UInt8>) -> Int {
        guard content.first == UInt8(ascii: "\"") else { return content.startIndex }
        var position = content.startIndex + 1
        while position < content.endIndex, content[position] != UInt8(ascii: "\"") {
            position += content[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position + 2 < content.endIndex, content[position + 1] == UInt8(ascii: ":") else {
            return content.startIndex
        }
        return position + 3
    }
}
