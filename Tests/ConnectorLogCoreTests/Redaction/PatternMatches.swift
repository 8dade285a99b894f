import ConnectorLogCore

/// All that a pattern matches in a text.
struct PatternMatches {
    var ranges: [Range<Int>] = []
    private let text: [UInt8]

    init(_ expression: String, _ text: String) throws {
        try self.init(expression, Array(text.utf8))
    }

    init(_ expression: String, _ text: [UInt8]) throws {
        self.text = text
        let set = PatternSet([try LinearPattern(expression)])
        var scratch = PatternScratch()
        ranges = set.matches(in: text, using: &scratch).map(\.range)
    }

    var texts: [String] { ranges.map { String(decoding: text[$0], as: UTF8.self) } }
}

struct PatternMatch: Hashable {
    var pattern: Int
    var range: Range<Int>

    init(_ pattern: Int, _ range: Range<Int>) {
        (self.pattern, self.range) = (pattern, range)
    }
}

extension PatternSet {
    func matches(in text: [UInt8], using scratch: inout PatternScratch) -> [PatternMatch] {
        text.withUnsafeBytes { matches(in: $0, using: &scratch) }
    }

    func matches(in text: UnsafeRawBufferPointer, using scratch: inout PatternScratch) -> [PatternMatch] {
        var matches: [PatternMatch] = []
        forEachMatch(in: text, using: &scratch) { matches.append(PatternMatch($0, $1)) }
        return matches
    }
}
