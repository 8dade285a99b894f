/// Rows laid out in aligned columns, two spaces apart, as wide as they need to be and no wider than the terminal.
struct Table<Row> {
    /// A flexible column is not cut below this.
    private static var narrowest: Int { 12 }

    let columns: [Column<Row>]
    let rows: [Row]

    /// The heading and one line a row. Without rows only the heading, so that an empty answer is seen as one.
    func lines(on surface: Console.Surface) -> [String] {
        let cells = rows.map { row in columns.map { $0.value(row).withoutControls } }
        let widths = widths(of: cells, within: surface.width)
        let heading = line(columns.map(\.title), widths: widths) { _ in surface.hasColor ? .faint : nil }
        return [heading]
            + zip(rows, cells).map { row, cells in
                line(cells, widths: widths) { surface.hasColor ? columns[$0].style(row) : nil }
            }
    }

    private func widths(of cells: [[String]], within limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            cells.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        guard let limit else { return widths }
        var excess = widths.reduce(2 * (columns.count - 1), +) - limit
        while excess > 0 {
            let shrinkable = columns.indices.filter { columns[$0].isFlexible && widths[$0] > Self.narrowest }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(_ cells: [String], widths: [Int], style: (Int) -> TextStyle?) -> String {
        var line = ""
        for index in cells.indices {
            let text = cells[index].cut(to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.count)
            let styled = style(index)?.apply(to: text) ?? text
            switch columns[index].alignment {
            case .right: line += padding + styled
            case .left where index == cells.count - 1: line += styled
            case .left: line += styled + padding
            }
            if index < cells.count - 1 { line += "  " }
        }
        return line
    }
}
