package import ConnectorLogCore

/// How far back a list goes.
package enum PageRange: String, CaseIterable, Sendable {
    case day = "24h"
    case week = "7d"
    case month = "30d"
    case all

    package static let standard = PageRange.month

    /// The standard range when `text` is none of them.
    package init(_ text: String?) {
        self = text.flatMap(PageRange.init(rawValue:)) ?? .standard
    }

    package func start(now: Timestamp) -> Timestamp? {
        days.map { now.advanced(bySeconds: -$0 * 86_400) }
    }

    private var days: Int64? {
        switch self {
        case .day: 1
        case .week: 7
        case .month: 30
        case .all: nil
        }
    }

    package var label: String {
        switch self {
        case .day: "24 h"
        case .week: "7 d"
        case .month: "30 d"
        case .all: "All"
        }
    }

    package var spoken: String {
        switch self {
        case .day: "the last 24 hours"
        case .week: "the last 7 days"
        case .month: "the last 30 days"
        case .all: "all time"
        }
    }

    /// What the address carries: nothing for the standard range.
    package var queryValue: String? { self == .standard ? nil : rawValue }

    /// All ranges as links.
    package func choices(href: (PageRange) -> String) -> [PageChoice] {
        PageRange.allCases.map {
            PageChoice(label: $0.label, value: $0.rawValue, choiceHref: href($0), isCurrent: $0 == self)
        }
    }
}
