import ConnectorLogCore

extension InMemoryRecords {
    func entry(team: Int64, id: EntryID) -> LogEntry? {
        entries.first { $0.summary.teamID == team && $0.summary.id == id }
    }

    func entries(_ query: EntryQuery) -> Page<EntrySummary> {
        let rows = entries.filter(query.matches).map(\.summary)
        return Self.page(rows, order: query.order, after: query.after, limit: query.limit) { ($0.logTime, $0.id) }
    }

    func fault(team: Int64, id: EntryID) -> RootFault? {
        faults.first { $0.teamID == team && $0.id == id }
    }

    func faults(_ query: FaultQuery) -> Page<RootFault> {
        let rows = faults.filter(query.matches)
        return Self.page(rows, order: query.order, after: query.after, limit: query.limit) { ($0.occurredAt, $0.id) }
    }

    private static func page<Row>(
        _ rows: [Row], order: PageOrder, after: PagePosition?, limit: Int,
        key: (Row) -> (time: Timestamp, id: EntryID)
    ) -> Page<Row> {
        let sorted =
            rows
            .filter { row in after.map { $0.precedes(time: key(row).time, id: key(row).id, in: order) } ?? true }
            .sorted { order == .oldestFirst ? key($0) < key($1) : key($0) > key($1) }
        let page = Array(sorted.prefix(limit))
        guard sorted.count > page.count, let last = page.last else { return Page(rows: page, next: nil) }
        return Page(rows: page, next: PagePosition(time: key(last).time, id: key(last).id))
    }

    // MARK: - Flows and states

    func state(team: Int64, id: String) -> FlowState? {
        states[StatePlace(team: team, id: id)]?.state
    }

    func states(_ query: StateQuery) -> NamedPage<FlowState> {
        let rows = states.values.map(\.state).filter { state in
            state.teamID == query.teamID && state.flowID.map { $0.hasBytes(of: query.flowID) } ?? false
                && (query.status.map { $0 == state.status } ?? true)
                && state.lastActionAt.isWithin(query.from, query.to)
        }
        return Self.page(rows, after: query.after, limit: query.limit) { ($0.lastActionAt, $0.stateID) }
    }

    func flows(_ query: FlowQuery) -> NamedPage<FlowSummary> {
        let counted = states.values.map(\.state).filter {
            $0.teamID == query.teamID && $0.flowID != nil && $0.lastActionAt.isWithin(query.from, query.to)
        }
        let rows = Dictionary(grouping: counted) { Array(($0.flowID ?? "").utf8) }
            .map { flowID, states in
                Self.summary(flowID: String(decoding: flowID, as: UTF8.self), states: states)
            }
            .filter { flow in
                guard let search = query.search else { return true }
                return flow.flowID.contains(ignoringASCIICase: search)
                    || flow.flowName?.contains(ignoringASCIICase: search) ?? false
            }
        return Self.page(rows, after: query.after, limit: query.limit) { ($0.lastActionAt, $0.flowID) }
    }

    private static func summary(flowID: String, states: [FlowState]) -> FlowSummary {
        let latestFirst = states.sorted { Self.isBefore(($0.lastActionAt, $0.stateID), ($1.lastActionAt, $1.stateID)) }
        func count(_ status: FlowState.Status) -> Int { states.count { $0.status == status } }
        return FlowSummary(
            flowID: flowID, flowName: latestFirst.lazy.compactMap(\.flowName).first,
            inProgress: count(.inProgress), done: count(.done), failed: count(.failed), expired: count(.expired),
            lastActionAt: latestFirst.first?.lastActionAt ?? .epoch)
    }

    /// Latest first, then by the bytes of the name.
    static func isBefore(_ a: (time: Timestamp, name: String), _ b: (time: Timestamp, name: String)) -> Bool {
        a.time == b.time ? a.name.precedes(b.name) : a.time > b.time
    }

    private static func page<Row>(
        _ rows: [Row], after: NamedPosition?, limit: Int, key: (Row) -> (time: Timestamp, name: String)
    ) -> NamedPage<Row> {
        let sorted =
            rows
            .filter { row in after.map { isBefore(($0.time, $0.name), key(row)) } ?? true }
            .sorted { isBefore(key($0), key($1)) }
        let page = Array(sorted.prefix(limit))
        guard sorted.count > page.count, let last = page.last else { return NamedPage(rows: page, next: nil) }
        return NamedPage(rows: page, next: NamedPosition(time: key(last).time, name: key(last).name))
    }

    // MARK: - Counts

    func outcomes(_ query: OutcomeQuery) -> [OutcomeBucket] {
        let counted = entries.map(\.summary).filter { entry in
            entry.teamID == query.teamID && entry.logTime.isWithin(query.from, query.to)
                && String?(entry.connectorIdentifier).matches(filter: query.connector)
                && entry.flowID.matches(filter: query.flowID)
        }
        let buckets = Dictionary(grouping: counted) { query.bucketStart(of: $0.logTime) }
        return query.bucketStarts.map { start in
            let entries = buckets[start] ?? []
            return OutcomeBucket(
                start: start, ok: entries.count { $0.outcome == .ok }, failed: entries.count { $0.outcome == .failed })
        }
    }
}
