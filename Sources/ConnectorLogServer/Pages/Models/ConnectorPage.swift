package import ConnectorLogCore

/// One connector: its calls over time, its log, what is registered of it.
package struct ConnectorPage: PageModel {
    package static let template = PageTemplates.Name.connector

    package struct Filter: Hashable, Sendable {
        package var range = PageRange.standard
        package var failedOnly = false
        package var event: String?

        package init(range: PageRange = .standard, failedOnly: Bool = false, event: String? = nil) {
            (self.range, self.failedOnly, self.event) = (range, failedOnly, event)
        }

        /// Members of an address.
        package func query(cursor: String? = nil) -> [(name: String, value: String?)] {
            [("outcome", failedOnly ? Outcome.failed.name : nil), ("event", event)] + range.query
                + [("cursor", cursor)]
        }
    }

    package struct EventType: Sendable {
        package let name: String
        package let isNamed: Bool
        package let eventHref: String
        package let isCurrent: Bool
        package let calls: String
        package let failed: String
        package let hasFailed: Bool
        package let failedHref: String
        package let rate: String
        package let slow: String?
        package let lastSeen: DisplayTime?
    }

    /// What is known of it.
    package struct Answers: Sendable {
        /// Nil for one that only its calls tell of.
        package var connector: Connector?
        package var statistics: CallStatistics
        package var entries: [EntrySummary]
        package var next: String?
        /// Nil when the reader may not see them.
        package var secretNames: [String]?
        /// Whether bodies of its calls are kept.
        package var keepsBodies: Bool

        package init(
            connector: Connector?, statistics: CallStatistics, entries: [EntrySummary], next: String?,
            secretNames: [String]?, keepsBodies: Bool
        ) {
            (self.connector, self.statistics) = (connector, statistics)
            (self.entries, self.next) = (entries, next)
            (self.secretNames, self.keepsBodies) = (secretNames, keepsBodies)
        }
    }

    package let frame: PageFrame
    package let name: String
    package let identifier: String
    /// Whether it has a name beside its identifier.
    package let isNamed: Bool
    package let description: String?
    package let logoHref: String?
    package let isRegistered: Bool
    package let range: RangePicker
    package let refreshHref: String
    package let calls: String
    package let failed: String
    package let hasFailed: Bool
    package let rate: String
    package let median: String?
    package let slow: String?
    package let lastSeen: DisplayTime?
    package let charts: [TimeChart]
    package let types: [EventType]
    package let hasTypes: Bool
    /// How many types are not shown; nil when all are.
    package let typesNotShown: String?
    package let outcomes: [PageChoice]
    package let event: String?
    package let failedHref: String
    package let allEventsHref: String
    package let searchHref: String
    package let events: [ConnectorLogPage.EventRow]
    package let hasEvents: Bool
    package let facts: [EntryPage.Fact]
    package let configuration: MarkedText?
    package let secretNames: [String]
    package let seesSecrets: Bool
    package let hasSecrets: Bool
    package let keepsBodies: Bool
    package let redactionHref: String
    package let invokerHref: String
    /// Nil for one that is not registered.
    package let invoker: InvokerPage.State?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    package init(
        viewer: PageFrame.Viewer, team: Int64, identifier: String, answers: Answers, filter: Filter, cursor: String?,
        now: Timestamp
    ) {
        let connector = answers.connector
        let name = connector?.name ?? identifier
        frame = PageFrame(
            title: "\(name) · Connectors",
            crumbs: [.init("Connectors", href: PageAddress.connectors(team)), .init(name)], viewer: viewer,
            section: .connectors)
        let path = PageAddress.connector(team, identifier)
        self.name = name
        self.identifier = identifier
        isNamed = name != identifier
        description = connector?.description
        logoHref = connector.flatMap(LogoImage.path)
        isRegistered = connector != nil
        var other = filter
        other.range = .standard
        range = RangePicker(filter.range, path: path, kept: other.query(), now: now)
        refreshHref = PageAddress.address(path, query: filter.query(cursor: cursor))

        let whole = answers.statistics.buckets.reduce(into: CallStatistics.Tally()) { $0.add($1) }
        calls = DisplayNumber.grouped(whole.calls)
        failed = DisplayNumber.grouped(whole.failed)
        hasFailed = whole.failed > 0
        rate = DisplayNumber.percent(whole.failed, of: whole.calls)
        median = whole.durations.quantile(0.5).map { DisplayDuration.call(microseconds: $0) }
        slow = whole.durations.quantile(0.95).map { DisplayDuration.call(microseconds: $0) }
        lastSeen = whole.last.map { DisplayTime($0) }
        let buckets = filter.range.buckets(now: now)
        charts = [
            CallCharts.outcomes(
                answers.statistics.buckets, buckets, id: "calls",
                rangeHref: PageAddress.address(path, query: other.query())),
            CallCharts.latency(answers.statistics.buckets, buckets, id: "latency"),
        ]
        types = Self.types(answers.statistics.groups, path: path, filter: filter)
        hasTypes = !types.isEmpty
        let others = answers.statistics.groups.count - types.count
        typesNotShown = others > 0 ? DisplayNumber.grouped(others) : nil
        outcomes = [false, true].map { failedOnly in
            var other = filter
            other.failedOnly = failedOnly
            return PageChoice(
                failedOnly ? "Failed" : "All", value: failedOnly ? Outcome.failed.name : "",
                href: PageAddress.address(path, query: other.query()) + "#log",
                isCurrent: failedOnly == filter.failedOnly)
        }
        event = filter.event
        failedHref =
            PageAddress.address(path, query: Filter(range: filter.range, failedOnly: true).query()) + "#log"
        allEventsHref = PageAddress.address(
            path, query: Filter(range: filter.range, failedOnly: filter.failedOnly).query())
        searchHref = PageAddress.address(
            PageAddress.search(team), query: [("connector", identifier)] + filter.query())
        events = answers.entries.map(ConnectorLogPage.EventRow.init)
        hasEvents = !events.isEmpty
        facts = connector.map(Self.facts) ?? []
        configuration = connector.map { connector in
            let json = connector.configuration.json
            return MarkedText(JSONIndenter.indented(json.utf8).map { String(decoding: $0, as: UTF8.self) } ?? json)
        }
        secretNames = answers.secretNames ?? []
        seesSecrets = answers.secretNames != nil
        hasSecrets = !secretNames.isEmpty
        keepsBodies = answers.keepsBodies
        redactionHref = PageAddress.redaction(team)
        invokerHref = PageAddress.invoker(team, identifier)
        invoker = connector.map { InvokerPage.State($0, secretNames: answers.secretNames) }
        firstHref = cursor == nil ? nil : PageAddress.address(path, query: filter.query()) + "#log"
        nextHref = answers.next.map { PageAddress.address(path, query: filter.query(cursor: $0)) + "#log" }
        hasPages = firstHref != nil || nextHref != nil
    }

    /// A sender may give each call an event of its own.
    private static let shownTypes = 50

    /// Those that fail most first, then the most frequent.
    private static func types(
        _ groups: [CallStatistics.Group], path: String, filter: Filter
    ) -> [EventType] {
        let sorted = groups.sorted {
            ($1.tally.failed, $1.tally.calls, $0.name) < ($0.tally.failed, $0.tally.calls, $1.name)
        }
        return sorted.prefix(shownTypes).map { group in
            var other = filter
            other.event = group.name
            var failed = other
            failed.failedOnly = true
            let tally = group.tally
            return EventType(
                name: group.name, isNamed: !group.name.isEmpty,
                eventHref: PageAddress.address(path, query: other.query()) + "#log",
                isCurrent: group.name == filter.event, calls: DisplayNumber.grouped(tally.calls),
                failed: DisplayNumber.grouped(tally.failed), hasFailed: tally.failed > 0,
                failedHref: PageAddress.address(path, query: failed.query()) + "#log",
                rate: DisplayNumber.percent(tally.failed, of: tally.calls),
                slow: tally.durations.quantile(0.95).map { DisplayDuration.call(microseconds: $0) },
                lastSeen: tally.last.map { DisplayTime($0) })
        }
    }

    private static func facts(_ connector: Connector) -> [EntryPage.Fact] {
        func fact(_ label: String, _ value: String) -> EntryPage.Fact {
            EntryPage.Fact(label: label, value: value, factHref: nil, isID: false)
        }
        return [
            fact("Registered (UTC)", DisplayTime(connector.createdAt).text),
            fact("Changed (UTC)", DisplayTime(connector.updatedAt).text),
            fact("Configuration version", String(connector.configuration.version)),
            fact("Configuration changed (UTC)", DisplayTime(connector.configuration.updatedAt).text),
        ]
    }
}
