package import ConnectorLogCore

/// A connector's line among the slowest or the most failing.
package struct ConnectorRank: Hashable, Sendable {
    private static let shown = 5

    package let connector: String
    package let connectorHref: String
    /// The failed calls, for what fails; all calls, for what is slow.
    package let rankHref: String
    package let calls: String
    package let failed: String
    /// "12.5 %".
    package let rate: String
    package let slow: String?
    /// 0...100, for a bar.
    package let width: Int

    package static func slowest(
        _ groups: [CallStatistics.Group], team: Int64, range: PageRange
    ) -> [ConnectorRank] {
        let ranked = groups.compactMap { group in
            group.tally.durations.quantile(0.95).map { (group, $0) }
        }.sorted { ($1.1, $0.0.name) < ($0.1, $1.0.name) }.prefix(shown)
        let most = Double(max(ranked.first?.1 ?? 1, 1))
        return ranked.map { ConnectorRank($0, part: Double($1) / most, team: team, range: range) }
    }

    /// By the part of its calls that failed; connectors without a failed call are none of them.
    package static func failing(
        _ groups: [CallStatistics.Group], team: Int64, range: PageRange
    ) -> [ConnectorRank] {
        groups.filter { $0.tally.failed > 0 }.map { ($0, Double($0.tally.failed) / Double($0.tally.calls)) }
            .sorted { ($1.1, $1.0.tally.failed, $0.0.name) < ($0.1, $0.0.tally.failed, $1.0.name) }.prefix(shown)
            .map { ConnectorRank($0, part: $1, team: team, range: range) }
    }

    private init(_ group: CallStatistics.Group, part: Double, team: Int64, range: PageRange) {
        connector = group.name
        connectorHref = PageAddress.address(PageAddress.connector(team, group.name), query: range.query)
        rankHref = PageAddress.address(
            PageAddress.search(team),
            query: [("connector", group.name), ("outcome", Outcome.failed.name)] + range.query)
        calls = DisplayNumber.grouped(group.tally.calls)
        failed = DisplayNumber.grouped(group.tally.failed)
        rate = DisplayNumber.percent(group.tally.failed, of: group.tally.calls)
        slow = group.tally.durations.quantile(0.95).map { DisplayDuration.call(microseconds: $0) }
        width = min(100, max(2, Int((part * 100).rounded())))
    }
}
