import ConnectorLogCore
import Foundation
import GRDB
import Logging
import Synchronization

/// Erases entries, flow states and the logs of connectors, so that nothing of them is left in the store's files.
///
/// An erasure is written down before it begins. Then it replaces, some blocks at a time, those that hold its rows by new
/// ones without; each replacement is one transaction, which also takes the rows from the flow states and counts them. It
/// reaches the rows that were there when it was asked for. A state goes in a turn of the writer in which no block is left
/// unsearched, so that no commit slips through. Then the bytes are overwritten (`PageScrubber`), and the erasure is
/// complete. One that was cut short is ended by `resume`.
final class Eraser: Sendable {
    /// Rows of the blocks that one transaction replaces: each is written as a whole.
    private static let rowsOfStep = 8192
    /// Blocks that one read transaction looks at.
    private static let blocksOfSearch = 4096
    private static let faultsOfStep = 1000
    /// Faults that one reader looks for.
    private static let faultsOfSearch = 100_000
    /// Erasures that callers wait for at a time: each searches all blocks, and they take turns. More are refused as
    /// `overloaded`.
    static let maximumUnderWay = 16

    let replacement: BlockReplacement
    let lane: AsyncSlots
    let encoder: BlockEncoder
    private let filters: FilterCache
    let quarantine: Quarantine
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    /// How long an erasure waits for readers of the write-ahead log.
    let maximumWait: Duration
    private struct Callers {
        var count = 0
        /// Numbers of their erasures.
        var erasures: Set<Int64> = []
    }

    /// Who waits for an erasure.
    private let callers = Mutex(Callers())

    init(
        replacement: BlockReplacement, lane: AsyncSlots, encoder: BlockEncoder, filters: FilterCache,
        quarantine: Quarantine, now: @escaping @Sendable () -> Timestamp, maximumWait: Duration = .seconds(20),
        logger: Logger
    ) {
        self.maximumWait = maximumWait
        (self.replacement, self.lane) = (replacement, lane)
        (self.encoder, self.filters, self.quarantine) = (encoder, filters, quarantine)
        (self.now, self.logger) = (now, logger)
    }

    var pool: DatabasePool { replacement.pool }
    var directory: BlockDirectory { replacement.directory }

    var callerCount: Int { callers.withLock { $0.count } }

    func erase(_ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp) async throws -> Erasure {
        let isAdmitted = callers.withLock { callers in
            guard callers.count < Self.maximumUnderWay else { return false }
            callers.count += 1
            return true
        }
        guard isAdmitted else {
            throw StoreError(.overloaded, "\(Self.maximumUnderWay) erasures are under way")
        }
        defer { callers.withLock { $0.count -= 1 } }
        let erasure = try await pool.write { [directory] db in
            // In the writer's turn: what is committed later has greater ids.
            let lastFault = try Data.fetchOne(db, sql: "SELECT max(id) FROM fault")
            // A block that may hold any id tells nothing of what was stored: the erasure would reach what is to come.
            let ids =
                (directory.blocks + directory.quarantined).filter(\.hasKnownIDs).map(\.lastID)
                + [lastFault.flatMap { EntryID(databaseBytes: [UInt8]($0)) }].compactMap(\.self)
            return try ErasureRows.begin(
                target, team: team, keyID: keyID, at: at, lastID: ids.max() ?? EntryID(high: 0, low: 0), in: db)
        } after: { [self] erasure in
            callers.withLock { _ = $0.erasures.insert(erasure.erasure.number) }
        }
        defer { callers.withLock { _ = $0.erasures.remove(erasure.erasure.number) } }
        return try await run(erasure)
    }

    /// Ends what a crash or a caller that left has cut short. One that fails is told, and the others are ended all the same.
    func resume() async throws {
        let open = try await pool.read { [logger] db in try ErasureRows.open(in: db, logger: logger) }
        for erasure in open where !callers.withLock({ $0.erasures.contains(erasure.erasure.number) }) {
            let number: Logger.MetadataValue = "\(erasure.erasure.number)"
            do {
                _ = try await run(erasure)
                logger.notice("ended an erasure that was cut short", metadata: ["erasure": number])
            } catch {
                try Task.checkCancellation()
                logger.error(
                    "an erasure that was cut short failed",
                    metadata: ["erasure": number, "cause": "\(StoreError(writing: error))"])
            }
        }
    }

    func erasures(_ query: ErasureQuery) async throws -> [Erasure] {
        try await pool.read { [logger] db in try ErasureRows.page(query, in: db, logger: logger) }
    }

    // MARK: - Steps

    private func run(_ erasure: OpenErasure) async throws -> Erasure {
        var searched: Set<Int64> = []
        while try await !step(erasure, &searched) { try Task.checkCancellation() }
        try await removeUnnamedTexts()
        try await PageScrubber(pool: pool, directory: directory, lane: lane, maximumWait: maximumWait).scrub()
        let now = now()
        return try await pool.write { [self] db in
            try ErasureRows.complete(
                erasure.erasure.number, unreadableBlocks: try unreadableBlocks(of: erasure, in: db), at: now, in: db)
        }
    }

    /// True when nothing is left to be erased.
    /// - Parameter searched: blocks without its rows.
    private func step(_ erasure: OpenErasure, _ searched: inout Set<Int64>) async throws -> Bool {
        // Between two steps compaction may replace blocks: new ones are searched again.
        try await lane.acquire()
        defer { lane.release() }
        let (found, clean) = try await find(erasure, searched)
        searched.formUnion(clean)
        if !found.isEmpty {
            try await replace(found, of: erasure)
            return false
        }
        if !clean.isEmpty { return false }
        let faults = try await pool.read { db in
            try ErasureTransaction.faults(of: erasure, atMost: Self.faultsOfSearch, in: db)
        }
        var removedFaults = 0
        for first in stride(from: 0, to: faults.count, by: Self.faultsOfStep) {
            try Task.checkCancellation()
            let step = faults[first..<min(first + Self.faultsOfStep, faults.count)]
            removedFaults += try await pool.write { [self] db in try transaction(erasure, in: db).removeFaults(step) }
        }
        if removedFaults > 0 { return false }
        // What retention removed meanwhile would not be found: an index names what its table does not have.
        guard faults.isEmpty else { throw BlockError(.value, "table fault") }
        let removed = try await pool.write { [self] db in
            try transaction(erasure, in: db).removeFaultsOfState(atMost: Self.faultsOfStep)
        }
        if removed == Self.faultsOfStep { return false }
        try await finish(erasure, searched)
        return true
    }

    /// Rows in the first blocks that were not searched yet, and those of them that have none. Blocks of later commits are
    /// left out, so that the search comes to an end whatever is stored meanwhile.
    private func find(
        _ erasure: OpenErasure, _ searched: Set<Int64>
    ) async throws -> (found: [ErasureSearch.Found], clean: [Int64]) {
        try await directory.withLease { [self] blocks in
            try await pool.read { [self] db in
                let search = self.search(erasure, in: db)
                var found: [ErasureSearch.Found] = []
                var clean: [Int64] = []
                for block in blocks where block.firstID <= erasure.lastID && !searched.contains(block.id) {
                    if let hit = try search.find(in: block) { found.append(hit) } else { clean.append(block.id) }
                    if found.reduce(0, { $0 + $1.old.rows }) >= Self.rowsOfStep { break }
                    if clean.count == Self.blocksOfSearch { break }
                }
                return (found, clean)
            }
        }
    }

    private func replace(_ found: [ErasureSearch.Found], of erasure: OpenErasure) async throws {
        try await replacement.write { [self] db in try transaction(erasure, in: db).replace(found) }
    }

    /// What is no block, and what was committed of a state since the search. In one turn of the writer: nothing comes in
    /// between.
    private func finish(_ erasure: OpenErasure, _ searched: Set<Int64>) async throws {
        try await replacement.write { [self] db in
            let search = self.search(erasure, in: db)
            let transaction = transaction(erasure, in: db)
            let unsearched = directory.blocks.filter { block in
                !searched.contains(block.id) && (erasure.limit.map { block.firstID <= $0 } ?? true)
            }
            let blocks = try transaction.replace(try unsearched.compactMap(search.find))
            while try transaction.removeFaultsOfState(atMost: Self.faultsOfStep) > 0 {}
            try transaction.removeState()
            return blocks
        }
    }

    /// Ids, names and versions of flows that no state has any more: those of an erased state, and what its entries, or
    /// others, had said before.
    func removeUnnamedTexts() async throws {
        try await lane.acquire()
        defer { lane.release() }
        let texts = replacement.states.texts
        // In the writer's turn: what was given before is in rows that a reader sees from now on, or was rolled back.
        try await pool.writeWithoutTransaction { _ in texts.watch() }
        defer { texts.endWatch() }
        let unnamed = try await pool.read(FlowTexts.unnamed)
        guard !unnamed.isEmpty else { return }
        _ = try await pool.write { db in
            try texts.remove(unnamed, in: db)
        } after: { isChanged in
            if isChanged { texts.forgetAll() }
        }
    }

    // MARK: - Parts

    private func search(_ erasure: OpenErasure, in db: Database) -> ErasureSearch {
        ErasureSearch(
            target: erasure.erasure.target, team: erasure.erasure.teamID, limit: erasure.limit,
            search: EntrySearch(
                db: db, zstandard: encoder.zstandard, filters: filters, quarantine: quarantine,
                recent: replacement.recent),
            encoder: encoder)
    }

    private func transaction(_ erasure: OpenErasure, in db: Database) -> ErasureTransaction {
        ErasureTransaction(
            erasure: erasure.erasure, limit: erasure.limit, search: search(erasure, in: db).search,
            blocks: directory.blocks)
    }

    /// Damaged blocks that may hold its rows.
    private func unreadableBlocks(of erasure: OpenErasure, in db: Database) throws -> Int {
        let search = search(erasure, in: db)
        return try directory.quarantined.count { try $0.firstID <= erasure.lastID && search.mayHold($0) }
    }
}
