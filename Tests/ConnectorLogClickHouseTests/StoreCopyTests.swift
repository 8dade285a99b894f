import ConnectorLogBlockStore
import ConnectorLogCore
import ConnectorLogPostgres
import ConnectorLogTesting
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import ConnectorLogClickHouse

/// Copies between real stores, each held against its source by all that it answers.
@Suite(.enabled(if: SharedDatabase.Kind.server.isWanted)) struct StoreCopyTests {
    /// The embedded store in a directory of its own.
    struct Embedded: Sendable {
        let directory = FileManager.default.temporaryDirectory.path + "/connectorlog-copy-" + UUID().uuidString
        let clock = ManualClock()

        func open() async throws -> (BlockStore, StoreUnderTest) {
            let store = try await BlockStore.open(directory: directory, now: clock.source, logger: SharedStore.logger)
            return (
                store,
                StoreUnderTest(
                    writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: clock)
            )
        }

        func remove() { try? FileManager.default.removeItem(atPath: directory) }
    }

    /// A store as an end of copies.
    enum End: Sendable {
        case embedded(Embedded)
        case shared(SharedStore)

        /// - Parameter rows: of a chunk of entries.
        func source(
            isCopy: Bool = false, rows: Int = 10_000
        ) async throws(StoreError) -> any CopySource {
            switch self {
            case .embedded(let store):
                return try await BlockCopySource.open(store.directory, allowsUnfinished: isCopy, rowsOfChunk: rows)
            case .shared(let store):
                let ledger = try await PostgresCopySource.open(store.postgres, allowsUnfinished: isCopy)
                return try await ClickHouseCopySource.open(
                    store.clickHouse, ledger: ledger, rowsOfChunk: min(rows, 256)...rows)
            }
        }

        func target() async throws(StoreError) -> any CopyTarget {
            switch self {
            case .embedded(let store): return try BlockCopyTarget.open(directory: store.directory)
            case .shared(let store):
                let ledger = try await PostgresCopyTarget.open(store.postgres, now: store.clock.source)
                return try await ClickHouseCopyTarget.open(store.clickHouse, ledger: ledger)
            }
        }

        func with(_ body: (StoreUnderTest) async throws -> Void) async throws {
            let result: Result<Void, any Error>
            switch self {
            case .embedded(let store):
                let (opened, subject) = try await store.open()
                do { result = .success(try await body(subject)) } catch { result = .failure(error) }
                try await opened.close()
            case .shared(let store):
                let opened = try await store.open()
                do { result = .success(try await body(store.underTest(opened))) } catch { result = .failure(error) }
                await opened.close()
            }
            try result.get()
        }

        var clock: ManualClock {
            switch self {
            case .embedded(let store): store.clock
            case .shared(let store): store.clock
            }
        }
    }

    @discardableResult
    private func copy(
        _ one: End, to other: End, rows: Int = 10_000,
        into made: (() async throws -> any CopyTarget)? = nil,
        through wrapped: (any CopyTarget) -> any CopyTarget = { $0 }
    ) async throws -> StoreCopy.Summary {
        let source = try await one.source(rows: rows)
        let target = if let made { try await made() } else { wrapped(try await other.target()) }
        let run = StoreCopy(
            from: source, to: target,
            readBack: { () async throws(StoreError) in try await other.source(isCopy: true) }, sealing: nil,
            now: one.clock.source, report: { _ in })
        let result: Result<StoreCopy.Summary, CopyFailure>
        do throws(CopyFailure) { result = .success(try await run.run()) } catch { result = .failure(error) }
        await target.close()
        await source.close()
        return try result.get()
    }

    private func expectSame(_ one: End, _ other: End) async throws {
        other.clock.set(one.clock.now)
        try await one.with { one in
            try await other.with { other in try await StoreLikeness(one, other).expectSame() }
        }
    }

    private func withEmbedded(_ count: Int, _ body: ([End]) async throws -> Void) async throws {
        let stores = (0..<count).map { _ in Embedded() }
        defer { for store in stores { store.remove() } }
        try await body(stores.map { .embedded($0) })
    }

    // MARK: - All ways

    @Test func copiesFromTheEmbeddedStoreToASharedOneAndBack() async throws {
        try await withEmbedded(2) { ends in
            try await SharedStore.with(.server) { store in
                let shared = End.shared(store)
                try await ends[0].with { try await CopySample.fill($0) }
                let there = try await copy(ends[0], to: shared)
                #expect(there.copied > 1000)
                #expect(
                    there.rows[.entries] ?? 0 > 1000 && there.rows[.faults] ?? 0 > 20 && there.rows[.states] ?? 0 > 20)
                try await expectSame(ends[0], shared)
                try await copy(shared, to: ends[1])
                try await expectSame(shared, ends[1])
                try await expectSame(ends[0], ends[1])
                try await shared.with { try await CopySample.expectGoesOn($0) }
                try await ends[1].with { try await CopySample.expectGoesOn($0) }
            }
        }
    }

    @Test func copiesFromOneSharedStoreToAnother() async throws {
        try await SharedStore.with(.server) { one in
            try await SharedStore.with(.server) { other in
                try await End.shared(one).with { try await CopySample.fill($0) }
                try await copy(.shared(one), to: .shared(other))
                try await expectSame(.shared(one), .shared(other))
                try await End.shared(other).with { try await CopySample.expectGoesOn($0) }
            }
        }
    }

    @Test func copiesFromOneDirectoryToAnother() async throws {
        try await withEmbedded(2) { ends in
            try await ends[0].with { try await CopySample.fill($0) }
            try await copy(ends[0], to: ends[1])
            try await expectSame(ends[0], ends[1])
            try await ends[1].with { try await CopySample.expectGoesOn($0) }
        }
    }

    // MARK: - Cut short

    /// Fails at the write of this number: before it is done, or when it is and nobody hears of it.
    private final class Failing: CopyTarget {
        let target: any CopyTarget
        let number: Int
        let isDone: Bool
        private let count = Mutex(0)

        init(_ target: any CopyTarget, at number: Int, isDone: Bool) {
            (self.target, self.number, self.isDone) = (target, number, isDone)
        }

        func progress() async throws(StoreError) -> CopyProgress? { try await target.progress() }
        func begin(_ progress: CopyProgress) async throws(StoreError) { try await target.begin(progress) }
        func close() async { await target.close() }

        func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError) {
            let count = count.withLock { count in
                count += 1
                return count
            }
            if count == number, !isDone { throw StoreError(.failed, "made to fail") }
            try await target.write(rows, progress)
            if count == number { throw StoreError(.failed, "made to fail") }
        }
    }

    /// At each write in turn, until one run gets to the end.
    private func copyWithFailures(_ one: End, to other: End) async throws {
        var runs = 0
        while true {
            runs += 1
            do {
                _ = try await copy(one, to: other, rows: 20, through: { Failing($0, at: 2, isDone: runs % 2 == 0) })
                break
            } catch let failure as CopyFailure {
                guard case .target(let error) = failure.reason, error.message == "made to fail" else { throw failure }
                do {
                    try await other.with { _ in }
                    // It failed when all had been done.
                    #expect(try await copy(one, to: other).wasFinished)
                } catch let error as StoreError {
                    #expect(error.code == .unfinished)
                }
            }
            try #require(runs < 200)
        }
        #expect(runs > 30)
    }

    @Test func goesOnWhereItStoppedWhateverWasCutShort() async throws {
        try await withEmbedded(2) { ends in
            try await SharedStore.with(.server) { store in
                try await ends[0].with { try await CopySample.fill($0, batches: 4) }
                try await copyWithFailures(ends[0], to: .shared(store))
                try await expectSame(ends[0], .shared(store))
                try await copyWithFailures(.shared(store), to: ends[1])
                try await expectSame(.shared(store), ends[1])
            }
        }
    }

    /// Fails when rows lie in ClickHouse, and their commit is about to end.
    private struct FailingLedger: CopyLedger {
        let ledger: any CopyLedger

        func progress() async throws(StoreError) -> CopyProgress? { try await ledger.progress() }
        func begin(_ progress: CopyProgress) async throws(StoreError) { try await ledger.begin(progress) }
        func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError) {
            try await ledger.write(rows, progress)
        }
        func open() async throws(StoreError) -> UInt64 { try await ledger.open() }
        func abandon(_ commit: UInt64) async throws(StoreError) { try await ledger.abandon(commit) }
        func close() async { await ledger.close() }

        func finish(
            _ commit: UInt64, times: [ConnectorKey: GivenTimes], lastID: EntryID, _ progress: CopyProgress
        ) async throws(StoreError) {
            throw StoreError(.failed, "made to fail")
        }
    }

    @Test func rowsOfACommitThatDidNotEndCountForNothing() async throws {
        try await withEmbedded(1) { ends in
            try await SharedStore.with(.server) { store in
                try await ends[0].with { try await CopySample.fill($0, batches: 2) }
                for _ in 0..<3 {
                    await #expect(throws: CopyFailure.self) {
                        try await copy(
                            ends[0], to: .shared(store),
                            into: {
                                let ledger = try await PostgresCopyTarget.open(store.postgres, now: store.clock.source)
                                return try await ClickHouseCopyTarget.open(
                                    store.clickHouse, ledger: FailingLedger(ledger: ledger))
                            })
                    }
                }
                try await copy(ends[0], to: .shared(store))
                try await expectSame(ends[0], .shared(store))
            }
        }
    }

    @Test func aFinishedCopyIsLeftAsItIs() async throws {
        try await withEmbedded(2) { ends in
            try await ends[0].with { try await CopySample.fill($0, batches: 2) }
            try await copy(ends[0], to: ends[1])
            #expect(try await copy(ends[0], to: ends[1]).wasFinished)
            try await ends[0].with { try await CopySample.expectGoesOn($0) }
            await #expect(throws: CopyFailure.self) { try await copy(ends[0], to: ends[1]) }
        }
    }

    // MARK: - Refusals

    @Test func filledStoresAreNotOverwritten() async throws {
        try await withEmbedded(2) { ends in
            try await SharedStore.with(.server) { store in
                for end in ends { try await end.with { try await CopySample.fill($0, batches: 1) } }
                try await End.shared(store).with { store in
                    _ = try await store.catalog.createTeam(name: "default", id: 1, at: ManualClock().now)
                }
                for target in [ends[1], .shared(store)] {
                    let failure = await #expect(throws: CopyFailure.self) { try await copy(ends[0], to: target) }
                    guard case .occupied? = failure?.reason else {
                        Issue.record("another reason: \(String(describing: failure))")
                        continue
                    }
                }
            }
        }
    }

    @Test func aChangedSourceIsNoticed() async throws {
        try await withEmbedded(2) { ends in
            try await ends[0].with { try await CopySample.fill($0, batches: 2) }
            await #expect(throws: CopyFailure.self) {
                try await copy(ends[0], to: ends[1], through: { Failing($0, at: 20, isDone: true) })
            }
            try await ends[0].with { try await CopySample.expectGoesOn($0) }
            let failure = await #expect(throws: CopyFailure.self) { try await copy(ends[0], to: ends[1]) }
            guard case .sourceChanged? = failure?.reason else {
                Issue.record("another reason: \(String(describing: failure))")
                return
            }
        }
    }

    // MARK: - Verification

    private func failure(comparing one: End, _ other: End) async throws -> CopyFailure? {
        let (source, copy) = (try await one.source(), try await other.source(isCopy: true))
        defer { Task { await (source.close(), copy.close()) } }
        do throws(CopyFailure) {
            _ = try await CopyComparison(source: source, copy: copy, sealing: nil, report: { _ in }).run()
            return nil
        } catch {
            return error
        }
    }

    @Test func aDamagedRowIsNamedByTeamAndDay() async throws {
        try await withEmbedded(1) { ends in
            try await SharedStore.with(.server) { store in
                try await ends[0].with { try await CopySample.fill($0, batches: 2) }
                try await copy(ends[0], to: .shared(store))
                #expect(try await failure(comparing: ends[0], .shared(store)) == nil)
                let client = ClickHouseClient(store.clickHouse)
                // One more, one that differs in a letter, one whose place is wrong.
                let names = Tables.entries.columns.map(\.name).joined(separator: ", ")
                func change(_ sql: String) async throws { _ = try await client.query(sql, "a test") }
                let one = "WHERE team_id = 2 AND connector = 'stripe' ORDER BY log_time LIMIT 1"
                try await change("INSERT INTO entries (\(names)) SELECT \(names) FROM entries \(one)")
                let doubled = try await failure(comparing: ends[0], .shared(store))
                guard case .different(let differences)? = doubled?.reason else {
                    Issue.record("another reason: \(String(describing: doubled))")
                    return
                }
                #expect(differences.count == 1)
                #expect(differences[0].group.teamID == 2 && differences[0].group.kind == .entries)
                #expect(differences[0].target == differences[0].source + 1)
                #expect(differences[0].description.contains("entries of team 2, 2025-05-"))
                await client.close()
            }
        }
    }

    @Test func aPlaceThatIsMissingIsNoticed() async throws {
        try await withEmbedded(1) { ends in
            try await SharedStore.with(.server) { store in
                try await ends[0].with { try await CopySample.fill($0, batches: 2) }
                try await copy(ends[0], to: .shared(store))
                let client = ClickHouseClient(store.clickHouse)
                _ = try await client.query(
                    """
                    INSERT INTO entries_by_id (commit, team_id, id, log_time, connector)
                    SELECT commit, team_id, id, log_time, 'other' FROM entries_by_id WHERE team_id = 1 LIMIT 1
                    """, "a test")
                await client.close()
                let failure = try await failure(comparing: ends[0], .shared(store))
                guard case .contradictory(let places)? = failure?.reason else {
                    Issue.record("another reason: \(String(describing: failure))")
                    return
                }
                #expect(places.count == 1 && places[0].hasPrefix("entries_by_id of team 1, 2025-05-"))
            }
        }
    }
}
