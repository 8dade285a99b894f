import ConnectorLogCore

/// A text in pieces, so that what was searched for can be marked.
package struct MatchedText: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        package let text: String
        package let isMatch: Bool
        /// What differs little from call to call.
        package let isFaint: Bool
    }

    /// What was searched for, and matches as the store's search does: letters of ASCII in either case.
    package struct Needle: Hashable, Sendable {
        package let text: String
        /// Whether neither side of it lies within a word (`WordBytes`).
        package let isWord: Bool

        package init(_ text: String, isWord: Bool = false) {
            (self.text, self.isWord) = (text, isWord)
        }
    }

    package let matched: [Piece]

    /// - Parameter needle: nil marks nothing.
    package init(_ text: String, needle: Needle?) {
        matched = Self.pieces([(text, false)], needle)
    }

    package init(_ uri: DisplayURI, needle: Needle?) {
        matched = Self.pieces([(uri.origin, true), (uri.path, false), (uri.query, true)], needle)
    }

    private init(matched: [Piece]) {
        self.matched = matched
    }

    /// The first match with so many bytes around it, in one line; nil without a match.
    package static func excerpt(of text: String, needle: Needle, around: Int = 70) -> MatchedText? {
        let bytes = Array(text.utf8)
        guard let first = matches(in: bytes, needle, atMost: 1).first else { return nil }
        var start = max(0, first.lowerBound - around)
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        var end = min(bytes.count, first.upperBound + around)
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        let line = String(
            String(decoding: bytes[start..<end], as: UTF8.self).map { $0.isNewline || $0 == "\t" ? " " : $0 })
        let pieces = pieces([(line, false)], needle)
        let dots = Piece(text: "…", isMatch: false, isFaint: true)
        return MatchedText(matched: (start > 0 ? [dots] : []) + pieces + (end < bytes.count ? [dots] : []))
    }

    /// Matches may reach over the parts' borders.
    private static func pieces(_ parts: [(text: String, isFaint: Bool)], _ needle: Needle?) -> [Piece] {
        let bytes = parts.flatMap { Array($0.text.utf8) }
        let matches = needle.map { Self.matches(in: bytes, $0) } ?? []
        var pieces: [Piece] = []
        var start = 0
        var match = 0
        for part in parts {
            let end = start + part.text.utf8.count
            while start < end {
                while match < matches.count, matches[match].upperBound <= start { match += 1 }
                let isMatch = match < matches.count && matches[match].lowerBound <= start
                let limit =
                    match == matches.count ? end : isMatch ? matches[match].upperBound : matches[match].lowerBound
                let next = min(end, limit)
                pieces.append(
                    Piece(
                        text: String(decoding: bytes[start..<next], as: UTF8.self), isMatch: isMatch,
                        isFaint: part.isFaint))
                start = next
            }
        }
        return pieces
    }

    /// They do not overlap. Both texts are UTF-8, so that a match begins and ends at a character. In time that is linear in the
    /// text, whatever it holds (Knuth, Morris and Pratt).
    private static func matches(in bytes: [UInt8], _ needle: Needle, atMost limit: Int = .max) -> [Range<Int>] {
        let sought = needle.text.utf8.map(lowercased)
        guard !sought.isEmpty, sought.count <= bytes.count else { return [] }
        let borders = borders(of: sought)
        var found: [Range<Int>] = []
        var agreed = 0
        for (at, byte) in bytes.enumerated() {
            let byte = lowercased(byte)
            while agreed > 0, agreed == sought.count || sought[agreed] != byte { agreed = borders[agreed - 1] }
            if sought[agreed] == byte { agreed += 1 }
            guard agreed == sought.count else { continue }
            let range = at + 1 - sought.count..<at + 1
            guard !needle.isWord || isWhole(range, bytes) else { continue }
            found.append(range)
            if found.count == limit { break }
            agreed = 0
        }
        return found
    }

    /// Of each beginning, how long the longest shorter beginning is that it ends with.
    private static func borders(of sought: [UInt8]) -> [Int] {
        var borders = [0]
        var length = 0
        for byte in sought.dropFirst() {
            while length > 0, sought[length] != byte { length = borders[length - 1] }
            if sought[length] == byte { length += 1 }
            borders.append(length)
        }
        return borders
    }

    /// Whether no word goes on before or behind.
    private static func isWhole(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
        func isWithin(_ edge: Int) -> Bool {
            edge > 0 && edge < bytes.count && WordBytes.isPart(bytes[edge - 1]) && WordBytes.isPart(bytes[edge])
        }
        return !isWithin(range.lowerBound) && !isWithin(range.upperBound)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
}
