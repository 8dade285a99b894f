package import ConnectorLogCore

/// How the table of flows is sorted.
package struct FlowSort: Hashable, Sendable {
    package enum Column: String, CaseIterable, Sendable {
        case name, states, failed, last

        var label: String {
            switch self {
            case .name: "Flow Name"
            case .states: "Number of States"
            case .failed: "Failed"
            case .last: "Last activity (UTC)"
            }
        }

        /// What a reader wants first: the most, the latest, but A before Z.
        var isDescendingFirst: Bool { self != .name }
    }

    /// So many flows are read to be sorted, the latest active ones.
    package static let flowLimit = 5000
    package static let standard = FlowSort(.last)

    package var column: Column
    package var isDescending: Bool

    package init(_ column: Column, isDescending: Bool? = nil) {
        (self.column, self.isDescending) = (column, isDescending ?? column.isDescendingFirst)
    }

    /// Out of the fields `sort` and `order` of an address.
    package init(_ query: PageForm) {
        let column = query["sort"].flatMap(Column.init) ?? Self.standard.column
        let order = query["order"]
        self.init(column, isDescending: order == "desc" ? true : order == "asc" ? false : nil)
    }

    package var query: [(name: String, value: String?)] {
        self == .standard
            ? []
            : [
                ("sort", column.rawValue),
                ("order", isDescending == column.isDescendingFirst ? nil : isDescending ? "desc" : "asc"),
            ]
    }

    /// Equal ones stay in the order that they come in.
    package func sorted(_ flows: [FlowSummary]) -> [FlowSummary] {
        switch column {
        case .name: ordered(flows) { ($0.flowName ?? $0.flowID).lowercased() }
        case .states: ordered(flows, by: \.states)
        case .failed: ordered(flows, by: \.failed)
        case .last: isDescending ? flows : flows.reversed()
        }
    }

    private func ordered<Value: Comparable>(_ flows: [FlowSummary], by value: (FlowSummary) -> Value) -> [FlowSummary] {
        let keyed = flows.map { (key: value($0), flow: $0) }
        return keyed.sorted { isDescending ? $0.key > $1.key : $0.key < $1.key }.map(\.flow)
    }

    /// The headings of the table; `href` leads to the page sorted otherwise.
    package func columns(href: (FlowSort) -> String) -> [SortColumn] {
        Column.allCases.map { one in
            let isCurrent = one == column
            return SortColumn(
                label: one.label, columnName: one.rawValue,
                columnHref: href(FlowSort(one, isDescending: isCurrent ? !isDescending : nil)),
                sorted: isCurrent ? (isDescending ? "descending" : "ascending") : nil,
                isNumber: one == .states || one == .failed)
        }
    }
}

/// The heading of a column that sorts.
package struct SortColumn: Hashable, Sendable {
    package let label: String
    package let columnName: String
    package let columnHref: String
    /// `ascending` or `descending`, the value of `aria-sort`; nil for the columns that do not sort now.
    package let sorted: String?
    package let isNumber: Bool
}
