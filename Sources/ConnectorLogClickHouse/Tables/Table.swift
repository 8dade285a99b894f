/// A table of the store of entries, as far as its rows go.
struct Table: Sendable {
    enum Kind: Hashable, Sendable {
        case integer(String)
        case time
        case id
        /// Texts of which few differ, such as those of a connector's events.
        case name
        case text
        case texts
    }

    struct Column: Sendable {
        var name: String
        var kind: Kind
        /// Of versions that have codecs.
        var codec = "ZSTD(1)"
    }

    var name: String
    var columns: [Column]
    /// What rows are sorted by.
    var order: [String]
    /// The column whose day a row's part is made by.
    var time: String
    /// Rows that the index points to at once. Fewer make it larger, and looking for single rows quicker.
    var granularity = 8192
    /// Of versions that have them: name, expression, type.
    var skippingIndices: [(name: String, expression: String, type: String)] = []

    func type(_ column: Column, _ dialect: Dialect) -> String {
        switch column.kind {
        case .integer(let type): type
        case .time: dialect.timeType
        case .id: "FixedString(16)"
        case .name: dialect.textType(hasFewValues: true)
        case .text: "String"
        case .texts: "Array(String)"
        }
    }
}
