import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Logging
import Synchronization

@testable import ConnectorLogBlockStore

/// A small closed store of several blocks of several teams, and copies of it in which bits are turned.
struct DamagedStore: Sendable {
    /// The database's file, checkpointed, as it was closed.
    let file: [UInt8]
    /// Every entry by its id, with the block that it lies in.
    let entries: [EntryID: (entry: LogEntry, block: Int64)]
    /// Offsets in the file at which bytes of block parts lie.
    let partOffsets: [Int]

    static let teams: ClosedRange<Int64> = 1...3

    static func make() async throws -> DamagedStore {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let now = temporary.clock.now
        for team in teams {
            _ = try await store.createTeam(name: "Team \(team)", id: team, at: now)
            _ = try await store.setRetention(Retention(entryDays: 400, detailDays: 100), team: team)
            _ = try await store.erase(.connector("gone"), team: team, keyID: "key", at: now)
            let faults = (0..<3).map { number in
                Fixtures.fault(team: team, at: now.advanced(bySeconds: number), state: "state-\(team)-0")
            }
            _ = try await store.append(Fixtures.batch(faults: faults), idempotency: nil)
        }
        func append(_ batches: Range<Int>) async throws {
            for number in batches {
                let entries = Fixtures.entries(
                    5, from: now.advanced(bySeconds: Int64(number)), teams: 3, seed: UInt64(number + 1))
                _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            }
        }
        // Blocks of one team each, and then blocks as they were committed.
        try await append(0..<4)
        while try await store.maintenance.compactor.step(isQuiet: true) {}
        try await append(4..<6)
        var found: [EntryID: (LogEntry, Int64)] = [:]
        for (id, entry) in try await Self.entries(of: store) {
            guard
                let block = store.directory.blocks.first(where: {
                    $0.mayHold(id: id) && $0.mayHold(team: entry.summary.teamID)
                }
                )
            else { continue }
            found[id] = (entry, block.id)
        }
        let parts = try await store.catalog.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT bytes FROM block_part").map { $0.bytes(0) }
        }
        try await store.close()
        let file = [UInt8](try Data(contentsOf: URL(filePath: temporary.directory + "/" + StoreDatabase.fileName)))
        return DamagedStore(
            file: file, entries: found,
            partOffsets: try offsets(of: parts, in: file, copy: temporary.directory + "/copy.sqlite"))
    }

    /// Every entry of all teams, whole.
    private static func entries(of store: BlockStore) async throws -> [(EntryID, LogEntry)] {
        var entries: [(EntryID, LogEntry)] = []
        for team in teams {
            for row in try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows {
                if let entry = try await store.entry(team: team, id: row.id) { entries.append((row.id, entry)) }
            }
        }
        return entries
    }

    /// SQLite cuts a blob into pieces of a page each, so that it is looked for in short pieces. Where it moved a row it may
    /// have left the bytes that were there: of pieces that stand twice those count that are read.
    private static func offsets(of parts: [[UInt8]], in file: [UInt8], copy: String) throws -> [Int] {
        let pieceLength = 16
        var places: [ArraySlice<UInt8>: [Int]] = [:]
        for part in parts {
            for start in stride(from: 0, to: part.count - pieceLength, by: pieceLength) {
                places[part[start..<start + pieceLength]] = []
            }
        }
        for start in 0..<file.count - pieceLength {
            let piece = file[start..<start + pieceLength]
            if places[piece] != nil { places[piece]?.append(start) }
        }
        func isRead(_ start: Int) throws -> Bool {
            var changed = file
            changed[start] ^= 0xFF
            try Data(changed).write(to: URL(filePath: copy))
            let queue = try DatabaseQueue(path: copy)
            defer { try? queue.close() }
            return try queue.read { db in
                try Row.fetchAll(db, sql: "SELECT bytes FROM block_part").map { $0.bytes(0) }
            } != parts
        }
        var offsets: [Int] = []
        for starts in places.values {
            for start in starts where try starts.count == 1 || isRead(start) {
                offsets += start..<start + pieceLength
            }
        }
        return offsets.sorted()
    }

    // MARK: - Damage

    struct Outcome: Sendable {
        /// Why the store did not open.
        var refusal: StoreError?
        /// Entries that were not served as they were sent, by id or in their list; without a wrong one.
        var missing: Set<EntryID> = []
        /// Entries, or rows of a list, that are not as they were sent.
        var wrong: [String] = []
        var errors: [StoreError] = []
        /// Blocks that the log names as damaged, or as mended.
        var namedBlocks: Set<Int64> = []

        var isAllRight: Bool { refusal == nil && missing.isEmpty && wrong.isEmpty }
    }

    /// Opens a copy with `file` as its database, asks for everything, and tells what came.
    func outcome(of file: [UInt8], in directory: String) async throws -> Outcome {
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(file).write(to: URL(filePath: directory + "/" + StoreDatabase.fileName))
        let log = CapturedLog()
        var outcome = Outcome()
        let store: BlockStore
        do throws(StoreError) {
            let clock = ManualClock()
            store = try await BlockStore.open(
                directory: directory, now: { clock.now }, random: SeededRandom(seed: 1), logger: log.logger)
        } catch {
            outcome.refusal = error
            return outcome
        }
        await ask(store, &outcome)
        outcome.namedBlocks = log.blocks
        do throws(StoreError) { try await store.close() } catch { outcome.errors.append(error) }
        return outcome
    }

    private func ask(_ store: BlockStore, _ outcome: inout Outcome) async {
        var listed: [EntryID: EntrySummary] = [:]
        for team in Self.teams {
            do throws(StoreError) {
                for row in try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows { listed[row.id] = row }
            } catch {
                outcome.errors.append(error)
            }
        }
        await askFilters(store, &outcome)
        for (id, expected) in entries {
            if let row = listed.removeValue(forKey: id) {
                if row != expected.entry.summary { outcome.wrong.append("the row of \(id)") }
            } else {
                outcome.missing.insert(id)
            }
            do throws(StoreError) {
                let entry = try await store.entry(team: expected.entry.summary.teamID, id: id)
                if let entry, entry != expected.entry { outcome.wrong.append("\(id)") }
                if entry == nil { outcome.missing.insert(id) }
            } catch {
                outcome.errors.append(error)
                outcome.missing.insert(id)
            }
        }
        outcome.wrong += listed.keys.map { "\($0), which was never stored" }
        await askRows(store)
    }

    /// What lies under no checksum: it may be wrong or refused, and crashes nothing. Comes last, since it may remove.
    private func askRows(_ store: BlockStore) async {
        for team in Self.teams {
            _ = try? await store.faults(FaultQuery(teamID: team))
            _ = try? await store.erasures(ErasureQuery(teamID: team))
            _ = try? await store.retention(team: team)
        }
        try? await store.maintenance.eraser.resume()
        // Details are over age, entries are not.
        let now = ManualClock().now.advanced(bySeconds: 200 * 86_400)
        try? await store.enforceRetention(default: .forever, at: now)
    }
}

extension DamagedStore {
    /// Lists of one connector, for which each block's filter is asked, and of a word that all have, for its other filter.
    private func askFilters(_ store: BlockStore, _ outcome: inout Outcome) async {
        for team in Self.teams {
            var query = EntryQuery(teamID: team, limit: 1000)
            query.connector = "conn1"
            do throws(StoreError) {
                let found = Set(try await store.entries(query).rows.map(\.id))
                for (id, expected) in entries where expected.entry.summary.teamID == team {
                    let isWanted = expected.entry.summary.connectorIdentifier == "conn1"
                    if isWanted, !found.contains(id) { outcome.missing.insert(id) }
                    if !isWanted, found.contains(id) { outcome.wrong.append("\(id) in another connector's list") }
                }
                var words = EntryQuery(teamID: team, limit: 1000)
                words.word = "example"
                let worded = Set(try await store.entries(words).rows.map(\.id))
                for (id, expected) in entries where expected.entry.summary.teamID == team {
                    if !worded.contains(id) { outcome.missing.insert(id) }
                }
            } catch {
                outcome.errors.append(error)
            }
        }
    }
}

/// Collects log messages, and the blocks that they name.
final class CapturedLog: Sendable {
    private let found = Mutex<Set<Int64>>([])
    private let told = Mutex<[String]>([])

    var blocks: Set<Int64> { found.withLock { $0 } }
    var messages: [String] { told.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(log: CapturedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.told.withLock { $0.append("\(event.message)") }
            guard let block = event.metadata?["block"], let id = Int64("\(block)") else { return }
            _ = log.found.withLock { $0.insert(id) }
        }
    }
}
