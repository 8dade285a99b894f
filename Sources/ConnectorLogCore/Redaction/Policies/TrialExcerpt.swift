/// A find in a few words: what stands before it, what goes, what comes in its place, what stands behind it.
package struct TrialExcerpt: Hashable, Sendable {
    /// Bytes that are shown around a find, on each side.
    package static let contextBytes = 40
    /// Bytes that are shown of what goes.
    package static let removedBytes = 80

    /// An ellipsis (U+2026) stands where something was left out.
    package var lead: String
    package var removed: String
    package var replacement: String
    package var trail: String

    package var before: String { lead + removed + trail }
    package var after: String { lead + replacement + trail }

    /// The first place where two texts differ, of which the second has placeholders in place of parts of the first; nil when
    /// they are the same.
    init?(before: [UInt8], after: [UInt8]) {
        guard let difference = Self.firstDifference(before, after) else { return nil }
        guard let placeholder = Self.placeholder(at: difference, in: after) else {
            // A word has another in its place, and a body is gone.
            self.init(lead: "", removed: Self.cut(before[...]), replacement: Self.cut(after[...]), trail: "")
            return
        }
        // What goes may begin as the placeholder does.
        let start = min(difference, placeholder.lowerBound)
        let quote = after[start..<placeholder.lowerBound]
        var end = placeholder.upperBound
        if !quote.isEmpty, after[end...].starts(with: quote) { end += quote.count }
        let lead = Self.cut(before[..<start], keepingFirst: false, bytes: Self.contextBytes)
        let replacement = String(decoding: after[start..<end], as: UTF8.self)
        guard let rest = Self.rest(of: before, from: start, like: after[end...]) else {
            self.init(lead: lead, removed: Self.cut(before[start...]), replacement: replacement, trail: "")
            return
        }
        self.init(
            lead: lead, removed: Self.cut(before[start..<rest]), replacement: replacement,
            trail: Self.cut(before[rest...], keepingFirst: true, bytes: Self.contextBytes))
    }

    /// A text that goes as a whole, with nothing in its place.
    init(removed: [UInt8]) {
        self.init(lead: "", removed: Self.cut(removed[...]), replacement: "", trail: "")
    }

    private init(lead: String, removed: String, replacement: String, trail: String) {
        (self.lead, self.removed, self.replacement, self.trail) = (lead, removed, replacement, trail)
    }

    private static func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> Int? {
        let shared = min(a.count, b.count)
        return (0..<shared).first { a[$0] != b[$0] } ?? (a.count == b.count ? nil : shared)
    }

    /// Of the placeholder that the difference lies in, or that stands a quote and its backslashes behind it.
    private static func placeholder(at difference: Int, in text: [UInt8]) -> Range<Int>? {
        text.withUnsafeBytes { bytes in
            let first = max(0, difference - Placeholder.byteCount + 1)
            for start in first..<min(difference + 16, bytes.count) {
                if let length = Placeholder.length(at: start, in: bytes), start + length > difference {
                    return start..<start + length
                }
            }
            return nil
        }
    }

    /// Where in `text`, from `start` on, the other text goes on. Behind the last find both end alike; else it is the first
    /// place that has what follows there, up to the next placeholder. Nil when nobody can say.
    private static func rest(of text: [UInt8], from start: Int, like other: ArraySlice<UInt8>) -> Int? {
        let end = text.count - other.count
        if end > start, text[end...].elementsEqual(other) { return end }
        let wanted = other.withUnsafeBytes { bytes in
            var count = 0
            while count < min(bytes.count, 24), Placeholder.length(at: count, in: bytes) == nil { count += 1 }
            return Array(bytes.prefix(count))
        }
        guard !wanted.isEmpty, start + 1 + wanted.count <= text.count else { return nil }
        return (start + 1...text.count - wanted.count).first { text[$0...].starts(with: wanted) }
    }

    private static func cut(_ text: ArraySlice<UInt8>) -> String {
        cut(text, keepingFirst: true, bytes: removedBytes)
    }

    /// At a character's edge.
    private static func cut(_ text: ArraySlice<UInt8>, keepingFirst: Bool, bytes: Int) -> String {
        guard text.count > bytes else { return String(decoding: text, as: UTF8.self) }
        if keepingFirst {
            var end = text.startIndex + bytes
            while end > text.startIndex, text[end] & 0xC0 == 0x80 { end -= 1 }
            return String(decoding: text[..<end], as: UTF8.self) + "…"
        }
        var start = text.endIndex - bytes
        while start < text.endIndex, text[start] & 0xC0 == 0x80 { start += 1 }
        return "…" + String(decoding: text[start...], as: UTF8.self)
    }
}
