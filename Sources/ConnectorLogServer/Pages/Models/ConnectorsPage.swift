package import ConnectorLogCore

/// The connectors of a team: how they do over a range.
package struct ConnectorsPage: PageModel {
    package static let template = PageTemplates.Name.connectors

    package struct Row: Sendable {
        package let name: String
        /// Beside a name of its own.
        package let identifier: String?
        package let connectorHref: String
        package let logoHref: String?
        package let calls: String
        package let failed: String
        package let failedHref: String?
        package let rate: String
        package let median: String?
        package let slow: String?
        package let lastSeen: DisplayTime?
        /// Stands where a logo would.
        package let initial: String

        init(
            identifier: String, connector: Connector?, tally: CallStatistics.Tally?, team: Int64, range: PageRange
        ) {
            let tally = tally ?? .init()
            name = connector?.name ?? identifier
            self.identifier = connector.map { $0.name == identifier ? nil : identifier } ?? nil
            connectorHref = PageAddress.address(PageAddress.connector(team, identifier), query: range.query)
            logoHref = connector.flatMap(LogoImage.path)
            calls = DisplayNumber.grouped(tally.calls)
            failed = DisplayNumber.grouped(tally.failed)
            failedHref =
                tally.failed == 0
                ? nil
                : PageAddress.address(
                    PageAddress.search(team),
                    query: [("connector", identifier), ("outcome", Outcome.failed.name)] + range.query)
            rate = DisplayNumber.percent(tally.failed, of: tally.calls)
            median = tally.durations.quantile(0.5).map { DisplayDuration.call(microseconds: $0) }
            slow = tally.durations.quantile(0.95).map { DisplayDuration.call(microseconds: $0) }
            lastSeen = tally.last.map { DisplayTime($0) }
            initial = name.first.map { $0.uppercased() } ?? ""
        }
    }

    package let frame: PageFrame
    package let path: String
    package let search: String?
    package let kept: [RangePicker.Field]
    package let range: RangePicker
    package let rows: [Row]
    package let hasRows: Bool
    package let isSearched: Bool
    package let pages: PageLinks

    /// Connectors that call without being in the catalog (they were deleted) are listed, too.
    /// - Parameter search: a part of a name or an identifier, in either case.
    package init(
        viewer: PageFrame.Viewer, team: Int64, connectors: [Connector], groups: [CallStatistics.Group],
        search: String?, range: PageRange, page: Int, rowsPerPage: Int, now: Timestamp
    ) {
        frame = PageFrame(title: "Connectors", viewer: viewer, section: .connectors)
        let path = PageAddress.connectors(team)
        self.path = path
        self.search = search
        kept = RangePicker.fields(range.query)
        self.range = RangePicker(range, path: path, kept: [("search", search)], now: now)
        isSearched = search != nil
        let known = Dictionary(connectors.map { ($0.identifier, $0) }) { first, _ in first }
        let tallies = Dictionary(groups.map { ($0.name, $0.tally) }) { first, _ in first }
        let needle = search?.lowercased()
        let identifiers = Set(known.keys).union(tallies.keys).filter { identifier in
            guard let needle else { return true }
            return identifier.lowercased().contains(needle)
                || known[identifier]?.name.lowercased().contains(needle) ?? false
        }
        // What fails most stands first, then what calls most.
        let sorted = identifiers.sorted { a, b in
            let (one, two) = (tallies[a], tallies[b])
            return (two?.failed ?? 0, two?.calls ?? 0, a) < (one?.failed ?? 0, one?.calls ?? 0, b)
        }
        pages = PageLinks(page: page, rows: sorted.count, rowsPerPage: rowsPerPage) { page in
            PageAddress.address(
                path, query: [("search", search)] + range.query + [("page", page.map(String.init))])
        }
        rows = sorted[pages.range].map {
            Row(identifier: $0, connector: known[$0], tally: tallies[$0], team: team, range: range)
        }
        hasRows = !rows.isEmpty
    }
}
