package import ConnectorLogCore

/// The ranges of a page as links, and a form for one of the reader's own.
package struct RangePicker: Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            (self.name, self.value) = (name, value)
        }
    }

    package let rangeChoices: [PageChoice]
    package let isCustom: Bool
    /// "Mar 5th 2021, 10:40:40 to ...", when the range is the reader's own.
    package let customText: String?
    /// Why the reader's own range is not shown.
    package let rangeProblem: String?
    /// What the form's fields hold at first: the span that is shown.
    package let from: String
    package let to: String
    package let rangePath: String
    /// What else the address says, sent along by the form.
    package let rangeKept: [Field]

    /// - Parameter kept: the other members of the page's address.
    package init(
        _ range: PageRange, offered: [PageRange] = PageRange.bounded, path: String,
        kept: [(name: String, value: String?)], now: Timestamp
    ) {
        rangeChoices = offered.map { one in
            PageChoice(
                one.label, value: one.value, href: PageAddress.address(path, query: kept + one.query),
                isCurrent: one == range)
        }
        let buckets = range.buckets(now: now)
        switch range {
        case .custom(let first, let last):
            (isCustom, rangeProblem) = (true, nil)
            customText = "\(DisplayTime(first).text) to \(DisplayTime(last).text)"
            (from, to) = (RangeInstant.text(first), RangeInstant.text(last))
        case .unread(let first, let last):
            (isCustom, customText) = (true, nil)
            rangeProblem = "A range goes from one date, or date and time, to a later one. The last 30 days are shown."
            (from, to) = (first, last)
        default:
            (isCustom, customText, rangeProblem) = (false, nil, nil)
            (from, to) = (RangeInstant.text(buckets.from), RangeInstant.text(buckets.to))
        }
        rangePath = path
        rangeKept = Self.fields(kept)
    }

    /// Members that say something, for hidden fields.
    package static func fields(_ query: [(name: String, value: String?)]) -> [Field] {
        query.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : Field(name: name, value: $0) } }
    }
}
