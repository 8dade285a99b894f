package import ConnectorLogCore
import Foundation
import GRDB
package import Logging

/// The embedded store: column blocks, flow states, faults and the catalog in one SQLite database in one directory.
///
/// The path of a batch: `append` gives its entries their log times and encodes it, on the caller's own task; the committer
/// writes it together with whatever else waits, syncs once, and answers. Compaction later turns blocks of one commit into
/// blocks of one team.
package final class BlockStore: Sendable {
    /// Batches with fewer rows are merged with others of the same commit instead of becoming blocks by themselves.
    static let rowsOfOwnBlock = 256
    /// What a server that runs for good keeps of the disk.
    package static let reservedBytes = SpaceReserve.defaultBytes

    private let pool: DatabasePool
    let directory: BlockDirectory
    let catalog: SQLiteCatalog
    let encoder: CommitEncoder
    private let connectors: ConnectorRegistry
    let committer: Committer
    private let reservations: LogTimeReservations
    let reserve: SpaceReserve
    private let filters: FilterCache
    let recent: RecentBlocks
    let tally: StateTally
    private let quarantine: Quarantine
    let logger: Logger
    /// Searches that may read all blocks leave readers to all others.
    let slowSearches = AsyncSlots(count: 2, maximumWaiting: 64)
    let maintenance: Maintenance

    /// Opens the store in `directory`, or makes one there.
    /// - Parameters:
    ///   - now: the clock by which entries arrive and idempotency keys age.
    ///   - random: the source of the ids' random bits.
    ///   - retention: for teams that say nothing of their own.
    ///   - reservedBytes: room on the disk that is kept for what makes room (`SpaceReserve`).
    package static func open(
        directory path: String, retention: Retention = .forever, now: @escaping @Sendable () -> Timestamp,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), reservedBytes: Int = 0,
        logger: Logger
    ) async throws(StoreError) -> BlockStore {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let reserve = SpaceReserve(directory: path, bytes: reservedBytes)
            let pool = try open(path, reserve)
            try await pool.read(CopyTable.refuseUnfinished)
            if !reserve.prepare() {
                logger.warning("the disk is nearly full: no entries are taken until there is room")
            }
            return try await BlockStore(
                pool: pool, reserve: reserve, retention: retention, now: now, random: random, logger: logger)
        } catch {
            throw StoreError(opening: error)
        }
    }

    /// Even the index of the write-ahead log takes room: on a full disk the reserve gives it.
    private static func open(_ path: String, _ reserve: SpaceReserve) throws -> DatabasePool {
        do {
            return try StoreDatabase.open(directory: path)
        } catch let error as DatabaseError where error.isWantOfRoom {
            reserve.release()
            return try StoreDatabase.open(directory: path)
        }
    }

    private init(
        pool: DatabasePool, reserve: SpaceReserve, retention: Retention, now: @escaping @Sendable () -> Timestamp,
        random: any RandomNumberGenerator & Sendable, logger: Logger
    ) async throws {
        let zstandard = Zstandard()
        let directory = BlockDirectory()
        let connectors = ConnectorRegistry()
        let catalog = SQLiteCatalog(pool: pool, connectors: connectors, reserve: reserve)
        let filters = FilterCache(logger: logger)
        let quarantine = Quarantine(directory: directory, logger: logger)
        let recent = RecentBlocks()
        let tally = StateTally()
        let lastID = try await pool.write { db in
            let rows = try BlockRows(in: db, zstandard: zstandard, logger: logger)
            directory.insert(rows.live)
            directory.quarantine(rows.damaged)
            // Deleted later: a full disk must not keep the store from opening.
            directory.retire(rows.retired)
            try catalog.load(in: db)
            for block in directory.blocks.filter({ $0.level == 0 }).sorted(by: { $0.id < $1.id }) {
                if try tally.isCounted(block.id, in: db) { continue }
                let stored = StoredBlock(block, in: db, zstandard: zstandard, recent: recent)
                let deltas = try quarantine.reading(block) { try FlowStateDeltas(of: stored) }
                try tally.restore(deltas ?? FlowStateDeltas(), block: block.id, in: db)
            }
            return max(rows.lastID ?? EntryID(high: 0, low: 0), try Self.lastFaultID(in: db))
        }
        let encoder = CommitEncoder(zstandard: zstandard)
        self.pool = pool
        self.directory = directory
        self.connectors = connectors
        self.catalog = catalog
        self.encoder = encoder
        self.filters = filters
        self.recent = recent
        self.tally = tally
        self.quarantine = quarantine
        self.logger = logger
        self.reserve = reserve
        committer = Committer(
            pool: pool,
            transaction: CommitTransaction(
                encoder: encoder, directory: directory, recent: recent, states: tally, connectors: connectors,
                ids: EntryIDSource(last: lastID, random: random), now: now, logger: logger),
            reserve: reserve)
        reservations = LogTimeReservations(
            source: StoredTimes(
                pool: pool, directory: directory, connectors: connectors, zstandard: zstandard, filters: filters,
                quarantine: quarantine, recent: recent))
        let compacting = BlockEncoder(zstandard: zstandard)
        let lane = AsyncSlots(count: 1)
        let replacement = BlockReplacement(pool: pool, directory: directory, recent: recent, states: tally)
        maintenance = Maintenance(
            pool: pool,
            compactor: Compactor(
                replacement: replacement, lane: lane, encoder: compacting, quarantine: quarantine, logger: logger),
            retention: RetentionEnforcer(
                replacement: replacement, lane: lane, encoder: compacting, quarantine: quarantine, logger: logger),
            eraser: Eraser(
                replacement: replacement, lane: lane, encoder: compacting, filters: filters, quarantine: quarantine,
                now: now, logger: logger),
            catalog: catalog, reserve: reserve, standardRetention: retention, now: now, logger: logger)
    }

    private static func lastFaultID(in db: Database) throws -> EntryID {
        let row = try Row.fetchOne(db, sql: "SELECT max(id) FROM fault")
        return row.flatMap { EntryID(databaseBytes: $0.bytes(0)) } ?? EntryID(high: 0, low: 0)
    }

    /// Compacts and tidies until its task is cancelled.
    package func runMaintenance() async {
        await maintenance.run()
    }

    /// Time that a stop may take for free pages: some hundred megabytes of them.
    private static let timeForPages = Duration.seconds(2)

    /// Refuses new batches, waits for those under way, gives free pages back, and moves the write-ahead log into the database.
    package func close() async throws(StoreError) {
        await committer.close()
        await writeStates()
        do {
            try await catalog.writeKeyUses()
            await giveBackPages()
            try await pool.writeWithoutTransaction { db in
                try db.forgetInterruption()
                _ = try db.checkpoint(.truncate)
            }
            try pool.close()
        } catch {
            throw StoreError(writing: error)
        }
    }

    /// What cannot be done now is left for later.
    private func giveBackPages() async {
        if reserve.isFull { return }
        let clock = ContinuousClock()
        let end = clock.now + Self.timeForPages
        do {
            while clock.now < end, try await maintenance.compactor.shrink() {}
        } catch {
            let error = StoreError(writing: error)
            logger.notice("free pages were kept", metadata: ["cause": "\(error)"])
            // The log has to be moved into the database all the same.
            if error.code == .full { reserve.release() }
        }
    }

    /// Whether the store can take entries and answer queries.
    package func isReady() async -> Bool {
        guard await committer.canWrite() else { return false }
        return (try? await pool.read { db in try Int.fetchOne(db, sql: "SELECT 1") }) == 1
    }
}

// MARK: - LogWriter

extension BlockStore: LogWriter {
    package func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        guard !batch.isEmpty || idempotency != nil else { return .stored }
        guard directory.levelZeroCount < CompactionPlan.maximumLevelZeroBlocks else {
            throw StoreError(.overloaded, "compaction is behind")
        }
        let batchConnectors = BatchConnectors(batch.entries)
        let reservation = try await reservations.reserve(batchConnectors)
        var isStored = false
        defer { reservations.settle(reservation, isStored: isStored) }
        let newConnectors = connectors.newConnectors(in: batchConnectors, batch.faults)
            .filter { !catalog.isDeleted(team: $0.teamID) }
        let (entries, states) = prepared(&batch, times: reservation.times)
        let result = try await committer.commit(
            PreparedBatch(
                entries: entries, states: states, faults: batch.faults, changes: batch.states,
                pendingParts: batch.pendingParts, releasedParts: batch.releasedParts, newConnectors: newConnectors,
                idempotency: idempotency))
        isStored = result == .stored
        return result
    }

    /// Takes the entries out of the batch: a large one is cut, and its texts are in memory twice until then, but not while it
    /// waits for its commit.
    private func prepared(
        _ batch: inout RedactedBatch, times: [Int64]
    ) -> (entries: PreparedBatch.Entries, states: FlowStateDeltas) {
        var columns = batch.takeEntries()
        columns.logTimes = times
        var states = FlowStateDeltas(columns)
        for fault in batch.faults { states.add(fault) }
        if columns.isEmpty { return (.none, states) }
        if columns.count < Self.rowsOfOwnBlock { return (.columns(columns), states) }
        return (.blocks(columns.pieces().map { CommitBlock($0, encoder: encoder) }), states)
    }
}

// MARK: - LogReader

extension BlockStore: LogReader {
    private func search<Value: Sendable>(
        state: FlowStateKey? = nil, _ body: @escaping @Sendable (EntrySearch, [BlockSummary]) throws -> Value
    ) async throws(StoreError) -> Value {
        // Before the read transaction begins: what is written meanwhile then is seen twice rather than never.
        let waitingCalls = state.flatMap(tally.waiting)?.calls
        do {
            return try await directory.withLease { blocks in
                try await read(waitingCalls: waitingCalls) { try body($0, blocks) }
            }
        } catch {
            throw StoreError(reading: error)
        }
    }

    package func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        guard !catalog.isDeleted(team: team) else { return nil }
        return try await search { search, blocks in try search.entry(team: team, id: id, blocks: blocks) }
    }

    package func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        guard !catalog.isDeleted(team: query.teamID) else { return Page(rows: [], next: nil) }
        let state = query.stateID.map { FlowStateKey(teamID: query.teamID, stateID: $0) }
        guard query.mayReadAll else {
            return try await search(state: state) { search, blocks in try search.page(query, blocks: blocks) }
        }
        try await slowSearches.acquire()
        defer { slowSearches.release() }
        return try await longSearch(query)
    }

    /// A search that may read very many blocks: by two readers, while nobody else searches so.
    private func longSearch(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        do {
            return try await directory.withLease { blocks in
                let shared = PageSearch(query, blocks: blocks)
                guard shared.isLong, slowSearches.acquireIfFree() else {
                    return try await read { try $0.page(of: shared) } ?? Page(rows: [], next: nil)
                }
                defer { slowSearches.release() }
                async let one = read { try $0.page(of: shared) }
                async let other = read { try $0.page(of: shared) }
                // Both are awaited: what one could not read would be missing on the other's page.
                let pages = try await [one, other]
                return pages.compactMap(\.self).first ?? Page(rows: [], next: nil)
            }
        } catch {
            throw StoreError(reading: error)
        }
    }

    func read<Value: Sendable>(
        waitingCalls: ClosedRange<Int64>? = nil, _ body: @escaping @Sendable (EntrySearch) throws -> Value
    ) async throws -> Value {
        try await pool.read { [filters, encoder, quarantine, recent] db in
            try body(
                EntrySearch(
                    db: db, zstandard: encoder.zstandard, filters: filters, quarantine: quarantine, recent: recent,
                    waitingCalls: waitingCalls))
        }
    }

    package func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] {
        guard !catalog.isDeleted(team: query.teamID) else {
            return query.bucketStarts.map { OutcomeBucket(start: $0, ok: 0, failed: 0) }
        }
        return try await search { search, blocks in
            try OutcomeCounter(search: search).buckets(query, blocks: blocks)
        }
    }

    package func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? {
        guard !catalog.isDeleted(team: team) else { return nil }
        return try await catalog.read { [encoder, logger] db in
            try FaultRows(db: db, zstandard: encoder.zstandard, logger: logger).fault(team: team, id: id)
        }
    }

    package func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> {
        guard !catalog.isDeleted(team: query.teamID) else { return Page(rows: [], next: nil) }
        return try await catalog.read { [encoder, logger] db in
            try FaultRows(db: db, zstandard: encoder.zstandard, logger: logger).page(query)
        }
    }

    package func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> {
        guard !catalog.isDeleted(team: query.teamID) else { return NamedPage(rows: [], next: nil) }
        await writeStates()
        return try await catalog.read { db in try FlowRows(db: db, query: query).page() }
    }

    package func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> {
        guard !catalog.isDeleted(team: query.teamID) else { return NamedPage(rows: [], next: nil) }
        await writeStates()
        return try await catalog.read { db in try FlowStateRows.states(query, in: db) }
    }

    package func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        guard !catalog.isDeleted(team: team) else { return nil }
        // Not by bringing its row up to date: under full ingest the writer's turn comes late.
        let waiting = tally.waiting(for: FlowStateKey(teamID: team, stateID: id))
        return try await catalog.read { db in
            try FlowStateRows.state(team: team, id: id, waiting: waiting, in: db)
        }
    }

    /// Brings the rows of flow states up to date. When that fails, for want of room say, they are read as they are.
    func writeStates() async {
        if tally.isEmpty { return }
        do {
            try await pool.write { [tally] db in
                try tally.writeAll(in: db)
            } after: { [tally] in
                tally.settleAll()
            } onFailure: { [tally] in
                tally.forgetTexts()
            }
        } catch is CancellationError {
            // Nobody waits for them any more.
        } catch {
            logger.error("flow states were not written", metadata: ["cause": "\(StoreError(writing: error))"])
        }
    }
}
