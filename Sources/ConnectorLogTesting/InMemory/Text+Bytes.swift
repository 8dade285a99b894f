/// Stores compare texts byte by byte; `String` compares them by canonical equivalence, in which "é" has two spellings.
extension String {
    func hasBytes(of other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }

    func precedes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// Whether `needle` occurs, its letters of ASCII in either case.
    func contains(ignoringASCIICase needle: String) -> Bool {
        Array(utf8).contains(ignoringASCIICase: Array(needle.utf8))
    }
}

extension String? {
    /// Whether this is a text of the same bytes; a filter that is nil takes all.
    func matches(filter: String?) -> Bool {
        guard let filter else { return true }
        return map { $0.hasBytes(of: filter) } ?? false
    }

    /// Whether this is one of some texts; a filter that is nil takes all.
    func matches(filter: Set<String>?) -> Bool {
        guard let filter else { return true }
        return map { text in filter.contains { $0.hasBytes(of: text) } } ?? false
    }
}

extension [UInt8] {
    func contains(ignoringASCIICase needle: [UInt8]) -> Bool {
        guard let first = needle.first?.lowercasedASCII else { return true }
        var start = 0
        while start + needle.count <= count {
            if self[start].lowercasedASCII == first, holds(needle, at: start) { return true }
            start += 1
        }
        return false
    }

    private func holds(_ needle: [UInt8], at start: Int) -> Bool {
        var length = 0
        while length < needle.count, self[start + length].lowercasedASCII == needle[length].lowercasedASCII {
            length += 1
        }
        return length == needle.count
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }
}
