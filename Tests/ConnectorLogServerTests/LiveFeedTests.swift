import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Synchronization
import Testing

/// What is told of when rows come in between the reads of one look.
@Suite struct LiveFeedTests {
    private static func entries(_ seconds: some Sequence<Int>, status: Int = 200) -> [SampleEntry] {
        seconds.map { second in
            var entry = SampleEntry(
                team: 1, at: Timestamp(microseconds: 1_748_779_240_000_000 + Int64(second) * 1_000_000))
            entry.stateID = "s"
            entry.status = status
            return entry
        }
    }

    private static func fault(_ name: String) -> RootFault {
        Fixtures.fault(team: 1, at: ManualClock.defaultStart, name: name, state: "s")
    }

    private static func reader() async throws -> InterruptedReader {
        let store = InMemoryStore(clock: ManualClock())
        _ = try await store.createTeam(name: "Team", id: 1, at: .epoch)
        return InterruptedReader(store)
    }

    private static func feed(_ reader: InterruptedReader, failedOnly: Bool = false) -> LiveFeed {
        LiveFeed(reader: reader, team: 1, stateID: "s", failedOnly: failedOnly, place: .start)
    }

    @Test func tellsOfCallsThatAreStoredBetweenTheReadsOfCallsAndOfFaults() async throws {
        let reader = try await Self.reader()
        try await reader.append(Fixtures.batch(Self.entries([1]), faults: [Self.fault("one")]))
        var feed = Self.feed(reader)
        reader.interrupt(after: .entries, with: Fixtures.batch(Self.entries([2]), faults: [Self.fault("two")]))
        var news = try #require(try await feed.news())
        #expect(news.entries.count == 1)
        #expect(news.faults.map(\.name) == ["one", "two"])
        // Whoever connects anew goes on behind the same place.
        let last = try #require(LivePlace(feed.place.description))
        #expect(last == feed.place && last.entries < last.faults)
        var other = LiveFeed(reader: reader, team: 1, stateID: "s", failedOnly: false, place: last)
        let call = try #require(
            try await reader.entries(EntryQuery(teamID: 1, order: .newestFirst, limit: 1)).rows.first)
        news = try #require(try await feed.news())
        #expect(news.entries.map(\.id) == [call.id] && news.faults.isEmpty)
        news = try #require(try await other.news())
        #expect(news.entries.map(\.id) == [call.id] && news.faults.isEmpty)
    }

    /// The page's own place, too.
    @Test func beginsBeforeCallsThatAreStoredBetweenTheReads() async throws {
        let reader = try await Self.reader()
        try await reader.append(Fixtures.batch(Self.entries([1]), faults: [Self.fault("one")]))
        let state = try #require(try await reader.state(team: 1, id: "s"))
        reader.interrupt(after: .entries, with: Fixtures.batch(Self.entries([2]), faults: [Self.fault("two")]))
        let place = try await LiveFeed.place(reader: reader, state: state, failedOnly: false)
        var feed = LiveFeed(reader: reader, team: 1, stateID: "s", failedOnly: false, place: place)
        let news = try #require(try await feed.news())
        #expect(news.entries.count == 1 && news.faults.isEmpty)
    }

    @Test func tellsOnceOfCallsThatAreStoredBetweenTheReadsOfTwoPages() async throws {
        let reader = try await Self.reader()
        try await reader.append(Fixtures.batch(Self.entries(1...250)))
        var feed = Self.feed(reader)
        // The first belongs to the page that was read, the second to the one that is read next.
        reader.interrupt(after: .entries, with: Fixtures.batch(Self.entries([300, 0])))
        var news = try #require(try await feed.news())
        #expect(news.entries.count == 251)
        let ids = Set(news.entries.map(\.id))
        news = try #require(try await feed.news())
        #expect(news.entries.count == 1 && !news.isCut)
        #expect(ids.isDisjoint(with: news.entries.map(\.id)))
        try await reader.append(Fixtures.batch(Self.entries([301])))
        news = try #require(try await feed.news())
        #expect(news.entries.count == 1 && !news.isCut)
    }

    @Test(arguments: [false, true])
    func saysThatRowsCameInWhereNoLookFindsThem(failedOnly: Bool) async throws {
        let reader = try await Self.reader()
        func append(_ seconds: some Sequence<Int>, status: Int = 500) async throws {
            try await reader.append(Fixtures.batch(Self.entries(seconds, status: status)))
        }
        try await append(1...250)
        var feed = Self.feed(reader, failedOnly: failedOnly)
        var news = try #require(try await feed.news())
        #expect(news.entries.count == 250 && !news.isCut)
        // Behind 250 later ones.
        try await append([0])
        news = try #require(try await feed.news())
        #expect(news.entries.isEmpty && news.isCut)
        // The next page is read when the first has something new.
        try await append([251])
        news = try #require(try await feed.news())
        #expect(news.entries.count == 2 && !news.isCut)
        // Only of calls that the page shows.
        try await append([0], status: 200)
        news = try #require(try await feed.news())
        #expect(news.entries.isEmpty && news.isCut == !failedOnly)
        try await append([0])
        news = try #require(try await feed.news())
        #expect(news.entries.isEmpty && news.isCut)
    }

    @Test func saysSoUntilTheyAreFound() async throws {
        let reader = try await Self.reader()
        try await reader.append(Fixtures.batch(Self.entries(1...450)))
        var feed = Self.feed(reader)
        _ = try await feed.news()
        try await reader.append(Fixtures.batch(Self.entries([0])))
        var news = try #require(try await feed.news())
        #expect(news.entries.isEmpty && news.isCut)
        try await reader.append(Fixtures.batch(Self.entries([451, 452])))
        news = try #require(try await feed.news())
        #expect(news.entries.count == 2 && news.isCut)
    }

    @Test func saysThatFaultsCameInWhereNoLookFindsThem() async throws {
        let reader = try await Self.reader()
        let faults = (1...60).map { number in
            Fixtures.fault(
                team: 1, at: Timestamp(microseconds: 1_748_779_240_000_000 + Int64(number)), name: "Fault", state: "s")
        }
        try await reader.append(Fixtures.batch(faults: Array(faults[1..<40])))
        var feed = Self.feed(reader)
        _ = try await feed.news()
        try await reader.append(Fixtures.batch(faults: Array(faults[40...])))
        var news = try #require(try await feed.news())
        #expect(news.faults.count == 20 && !news.isCut)
        try await reader.append(Fixtures.batch(faults: [faults[0]]))
        news = try #require(try await feed.news())
        #expect(news.faults.isEmpty && news.isCut)
    }

    @Test func missesNothingThatWasToldOfBeforeItCounted() async throws {
        let reader = try await Self.reader()
        try await reader.append(Fixtures.batch(Self.entries([1])))
        var feed = Self.feed(reader)
        // At the first look, and at a later one.
        for second in [2, 5] {
            reader.interrupt(after: .state, with: Fixtures.batch(Self.entries([second])))
            var news = try #require(try await feed.news())
            #expect(news.entries.count == 2 && !news.isCut)
            news = try #require(try await feed.news())
            #expect(news.entries.isEmpty && !news.isCut)
            try await reader.append(Fixtures.batch(Self.entries([second + 1])))
        }
    }

    @Test(arguments: ["", ".", "x.y", "00000000-0000-7000-8000-000000000000"])
    func readsNoOtherPlaces(text: String) throws {
        #expect(LivePlace(text) == nil)
        let id = EntryID(milliseconds: 1, counter: 2, random: 3)
        let place = LivePlace(entries: id, faults: id.advanced(by: 1))
        #expect(LivePlace("\(place)") == place)
        #expect(LivePlace("\(place).") == nil)
    }
}

/// A store to which something is added as soon as it was read.
private final class InterruptedReader: LogReader {
    enum Read { case state, entries }

    private let store: InMemoryStore
    private let waiting = Mutex<(read: Read, batch: RedactedBatch)?>(nil)

    init(_ store: InMemoryStore) {
        self.store = store
    }

    func append(_ batch: RedactedBatch) async throws(StoreError) {
        _ = try await store.append(batch, idempotency: nil)
    }

    /// After the next such read, once.
    func interrupt(after read: Read, with batch: RedactedBatch) {
        waiting.withLock { $0 = (read, batch) }
    }

    private func interrupt(after read: Read) async throws(StoreError) {
        let batch = waiting.withLock { waiting -> RedactedBatch? in
            guard let next = waiting, next.read == read else { return nil }
            waiting = nil
            return next.batch
        }
        if let batch { try await append(batch) }
    }

    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        let page = try await store.entries(query)
        try await interrupt(after: .entries)
        return page
    }
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        let state = try await store.state(team: team, id: id)
        try await interrupt(after: .state)
        return state
    }
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> { try await store.faults(query) }
    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? { throw Self.none }
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? { throw Self.none }
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> { throw Self.none }
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> { throw Self.none }
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] { throw Self.none }
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] { throw Self.none }
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] { throw Self.none }
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics { throw Self.none }
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts { throw Self.none }

    private static let none = StoreError(.failed, "not asked for")
}
