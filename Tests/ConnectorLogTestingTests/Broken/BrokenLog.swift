import ConnectorLogCore
import ConnectorLogTesting

/// An `InMemoryStore` seen through hooks that falsify what goes in or comes out; without hooks it is intact.
struct BrokenLog: LogWriter, LogReader {
    let store: InMemoryStore
    var append: (@Sendable (InMemoryStore, RedactedBatch, IdempotentAnswer?) async throws -> AppendResult)?
    var entryQuery: @Sendable (EntryQuery) -> EntryQuery = { $0 }
    var entryPage: @Sendable (EntryQuery, Page<EntrySummary>) -> Page<EntrySummary> = { $1 }
    /// With text filters: which entries they take.
    var takesText: (@Sendable (LogEntry, String) -> Bool)?
    var entry: @Sendable (LogEntry) -> LogEntry? = { $0 }
    /// Answers in the place of the store.
    var findsEntry: (@Sendable (InMemoryStore, Int64, EntryID) async throws(StoreError) -> LogEntry?)?
    var listsEntries: (@Sendable (InMemoryStore, EntryQuery) async throws(StoreError) -> Page<EntrySummary>)?
    var faultQuery: @Sendable (FaultQuery) -> FaultQuery = { $0 }
    var faultPage: @Sendable (FaultQuery, Page<RootFault>) -> Page<RootFault> = { $1 }
    var flowQuery: @Sendable (FlowQuery) -> FlowQuery = { $0 }
    var flowPage: @Sendable (NamedPage<FlowSummary>) -> NamedPage<FlowSummary> = { $0 }
    var stateQuery: @Sendable (StateQuery) -> StateQuery = { $0 }
    var statePage: @Sendable (NamedPage<FlowState>) -> NamedPage<FlowState> = { $0 }
    var state: @Sendable (FlowState) -> FlowState? = { $0 }
    var outcomeQuery: @Sendable (OutcomeQuery) -> OutcomeQuery = { $0 }
    var outcomeBuckets: @Sendable (OutcomeQuery, [OutcomeBucket]) -> [OutcomeBucket] = { $1 }
    var launchQuery: @Sendable (LaunchQuery) -> LaunchQuery = { $0 }
    var flowLaunches: @Sendable ([FlowLaunches]) -> [FlowLaunches] = { $0 }
    var faultCountQuery: @Sendable (FaultCountQuery) -> FaultCountQuery = { $0 }
    var statisticsQuery: @Sendable (CallStatisticsQuery) -> CallStatisticsQuery = { $0 }
    var callStatistics: @Sendable (CallStatistics) -> CallStatistics = { $0 }
    var countQuery: @Sendable (EntryCountQuery) -> EntryCountQuery = { $0 }
    var entryCounts: @Sendable (EntryCounts) -> EntryCounts = { $0 }
    /// Ids as they are shown; its own inverse.
    var shownID: @Sendable (EntryID) -> EntryID = { $0 }

    init(_ store: InMemoryStore) {
        self.store = store
    }

    func append(_ batch: RedactedBatch, idempotency: IdempotentAnswer?) async throws(StoreError) -> AppendResult {
        guard let append else { return try await store.append(batch, idempotency: idempotency) }
        do {
            return try await append(store, batch, idempotency)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "a hook failed", cause: error)
        }
    }

    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        if let findsEntry { return try await findsEntry(store, team, id) }
        guard var found = try await store.entry(team: team, id: shownID(id)) else { return nil }
        found.summary.id = id
        return entry(found)
    }

    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        if let listsEntries { return try await listsEntries(store, query) }
        var page: Page<EntrySummary>
        if let text = query.text, let takesText {
            var all = query
            (all.text, all.limit) = (nil, 1000)
            page = try await store.entries(all)
            var rows: [EntrySummary] = []
            for row in page.rows {
                if let entry = try await store.entry(team: row.teamID, id: row.id), takesText(entry, text) {
                    rows.append(row)
                }
            }
            page = Page(rows: rows, next: nil)
        } else {
            page = try await store.entries(entryQuery(query))
        }
        for index in page.rows.indices { page.rows[index].id = shownID(page.rows[index].id) }
        return entryPage(query, page)
    }

    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? {
        try await store.fault(team: team, id: id)
    }

    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> {
        faultPage(query, try await store.faults(faultQuery(query)))
    }

    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> {
        flowPage(try await store.flows(flowQuery(query)))
    }

    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> {
        statePage(try await store.states(stateQuery(query)))
    }

    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        try await store.state(team: team, id: id).flatMap(state)
    }

    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] {
        outcomeBuckets(query, try await store.outcomes(outcomeQuery(query)))
    }

    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] {
        flowLaunches(try await store.launches(launchQuery(query)))
    }

    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] {
        try await store.faultCounts(faultCountQuery(query))
    }

    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        callStatistics(try await store.statistics(statisticsQuery(query)))
    }

    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts {
        entryCounts(try await store.counts(countQuery(query)))
    }
}
