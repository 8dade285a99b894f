package import ConnectorLogCore

/// How far back a page looks: a span that ends now, or one of the reader's own.
package enum PageRange: Hashable, Sendable {
    case day
    case week
    case month
    case year
    case all
    /// From the first instant to the last, which is left out.
    case custom(from: Timestamp, to: Timestamp)
    /// What a reader typed and cannot be read: it stands for the standard range, and the page says so.
    case unread(from: String, to: String)

    package static let standard = PageRange.month
    /// What charts can be drawn of: a beginning and an end.
    package static let bounded: [PageRange] = [.day, .week, .month, .year]
    package static let named: [PageRange] = bounded + [.all]

    /// The name of the range in an address.
    private static let customValue = "custom"

    /// Out of the fields `range`, `from` and `to` of an address; the standard range when they tell none of `offered`.
    package init(_ query: PageForm, offered: [PageRange] = PageRange.bounded) {
        let value = query["range"]
        if value == nil || value == Self.customValue,
            let custom = PageRange(from: query["from"], to: query["to"])
        {
            self = custom
        } else if value == Self.customValue {
            self = .unread(
                from: String((query["from"] ?? "").prefix(32)), to: String((query["to"] ?? "").prefix(32)))
        } else {
            self = offered.first { $0.value == value } ?? .standard
        }
    }

    /// A range out of two instants of which each may be a date, or a date and a time of UTC; the last date is part of the
    /// range. Nil when one cannot be read, or they lie the wrong way round.
    private init?(from: String?, to: String?) {
        guard let from = from.flatMap({ RangeInstant($0) }), let to = to.flatMap({ RangeInstant($0) }),
            from.start < to.end
        else { return nil }
        self = .custom(from: from.start, to: to.end)
    }

    /// Nil where there is no bound.
    package func bounds(now: Timestamp) -> (from: Timestamp?, to: Timestamp?) {
        if case .custom(let from, let to) = self { return (from, to) }
        return (days.map { max(.epoch, now.advanced(bySeconds: -$0 * 86_400)) }, nil)
    }

    /// What a chart of it shows; without a beginning, the last year. Of a range that ends now the last bucket is whole, since
    /// senders' clocks may be ahead of ours.
    package func buckets(now: Timestamp, atMost count: Int = 64) -> TimeBuckets {
        let (from, to) = bounds(now: now)
        let end = to ?? now
        let buckets = ChartScale.buckets(
            from: from ?? max(.epoch, end.advanced(bySeconds: -365 * 86_400)), to: end, atMost: count)
        guard to == nil else { return buckets }
        let whole = end.microseconds - end.microseconds % buckets.width + buckets.width
        return TimeBuckets(from: buckets.from, to: Timestamp(microseconds: whole), width: buckets.width)
    }

    private var days: Int64? {
        switch self {
        case .day: 1
        case .week: 7
        case .month, .unread: 30
        case .year: 365
        case .all, .custom: nil
        }
    }

    package var label: String {
        switch self {
        case .day: "24 h"
        case .week: "7 d"
        case .month: "30 d"
        case .year: "1 y"
        case .all: "All"
        case .custom, .unread: "Custom"
        }
    }

    package var value: String {
        switch self {
        case .day: "24h"
        case .week: "7d"
        case .month: "30d"
        case .year: "1y"
        case .all: "all"
        case .custom, .unread: Self.customValue
        }
    }

    /// Members of an address: none for the standard range.
    package var query: [(name: String, value: String?)] {
        switch self {
        case .standard: []
        case .custom(let from, let to):
            [("range", value), ("from", RangeInstant.text(from)), ("to", RangeInstant.text(to))]
        case .unread(let from, let to): [("range", value), ("from", from), ("to", to)]
        default: [("range", value)]
        }
    }
}

/// An instant as forms and addresses write it: a date, or a date and a time of UTC.
package struct RangeInstant: Hashable, Sendable {
    /// Where a range begins that begins with it.
    let start: Timestamp
    /// Where a range ends that ends with it: a date is part of it as a whole.
    let end: Timestamp

    init?(_ text: String) {
        let text = text.hasSuffix("Z") ? String(text.dropLast()) : text
        let isDate = text.utf8.count == 10
        let rest = isDate ? "T00:00:00Z" : text.utf8.count == 16 ? ":00Z" : "Z"
        guard let time = Timestamp(text + rest), time >= .epoch,
            time < Timestamp.latest.advanced(bySeconds: -86_400)
        else { return nil }
        start = time
        end = isDate ? time.advanced(bySeconds: 86_400) : time
    }

    /// To the second and without `Z`, as a browser's own field has it (HTML, "local date and time string").
    package static func text(_ time: Timestamp) -> String { String(time.description.prefix(19)) }
}
