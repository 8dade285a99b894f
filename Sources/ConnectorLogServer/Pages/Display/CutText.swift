/// A message for a narrow cell. Over 65 characters it is cut, and a link shows the whole.
package struct CutText: Hashable, Sendable {
    package static let limit = 65

    package let shown: String
    package let isCut: Bool

    /// Line breaks and tabs become spaces: a cell has one line.
    package init(_ text: String) {
        let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
        isCut = line.count > Self.limit
        var kept = line.prefix(Self.limit)
        while isCut, kept.last == " " { kept.removeLast() }
        shown = isCut ? kept + "…" : line
    }
}
