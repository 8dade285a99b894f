/// The way through a list that is known as a whole.
package struct PageLinks: Sendable {
    /// The rows of this page.
    package let range: Range<Int>
    package let firstHref: String?
    package let previousHref: String?
    package let nextHref: String?
    package let hasPages: Bool
    /// "51 to 100 of 1,234".
    package let text: String

    /// - Parameters:
    ///   - page: 1 or more; pages behind the last show nothing.
    ///   - href: of a page; nil stands for the first.
    package init(page: Int, rows: Int, rowsPerPage: Int, href: (Int?) -> String) {
        let start = min((max(page, 1) - 1) * rowsPerPage, rows)
        range = start..<min(start + rowsPerPage, rows)
        firstHref = page > 2 ? href(nil) : nil
        previousHref = page > 1 ? href(page > 2 ? page - 1 : nil) : nil
        nextHref = range.upperBound < rows ? href(page + 1) : nil
        hasPages = previousHref != nil || nextHref != nil
        text =
            range.isEmpty
            ? ""
            : "\(DisplayNumber.grouped(range.lowerBound + 1)) to \(DisplayNumber.grouped(range.upperBound)) of \(DisplayNumber.grouped(rows))"
    }
}
