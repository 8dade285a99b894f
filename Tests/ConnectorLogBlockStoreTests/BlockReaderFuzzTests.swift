import ConnectorLogCore
import ConnectorLogTesting
import GRDB
import Logging
import Testing

@testable import ConnectorLogBlockStore

/// The block reader on bytes that nobody wrote: no crash, no more memory than the bytes are worth, nothing wrong accepted.
@Suite struct BlockReaderFuzzTests {
    private let zstandard = Zstandard()

    /// A block as the encoder writes it, and its row.
    private struct Block {
        var parts: [BlockFormat.Part: [UInt8]]
        var summary: BlockSummary
        /// What reading gives.
        var entries: [LogEntry] = []
    }

    /// A database that holds one block, the parts of which are exchanged.
    private struct Shelf {
        let queue: DatabaseQueue

        init() throws {
            queue = try DatabaseQueue()
            try Schema.migrator.migrate(queue)
        }

        func put(_ parts: [BlockFormat.Part: [UInt8]]) throws {
            try queue.write { db in
                for (part, bytes) in parts {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO block_part VALUES (?, ?)",
                        arguments: [part.rowID(block: 1), bytes.databaseBytes])
                }
            }
        }
    }

    /// Few rows, whose columns zstd leaves alone, and some more.
    private func blocks() -> [Block] {
        var generator = SampleGenerator(seed: 5, start: ManualClock().now)
        return [1, 2, 5, 12, 40].enumerated().flatMap { number, count in
            let entries = (0..<count).map { _ in generator.entry(team: Int64(number % 2 + 1)) }
            let columns = [
                Fixtures.batch(entries).entries,
                Fixtures.batch(Fixtures.entries(count, from: ManualClock().now, teams: 2, seed: UInt64(count))).entries,
            ]
            return columns.flatMap { columns in
                let first = EntryID(milliseconds: 1_750_000_000_000, counter: 7, random: 9)
                let ids = (0..<count).map { first.advanced(by: $0 * 3) }
                return [
                    block(columns, .consecutive, first, level: 0), block(columns, .listed(ids), ids[0], level: 1),
                ]
            }
        }
    }

    private func block(_ columns: EntryColumns, _ ids: BlockIDs, _ first: EntryID, level: Int) -> Block {
        let encoded =
            level > 0
            ? BlockEncoder(zstandard: zstandard).encode(columns, ids: ids)
            : CommitEncoder(zstandard: zstandard).encode(columns)
        let last: EntryID =
            switch ids {
            case .consecutive: first.advanced(by: encoded.rows - 1)
            case .listed(let ids): ids.last ?? first
            }
        return Block(
            parts: [.summary: encoded.summary, .detail: encoded.detail, .filter: encoded.filter, .words: encoded.words]
                .filter { !$0.value.isEmpty },
            summary: BlockSummary(
                id: 1, level: level, teamID: encoded.teamID, rows: encoded.rows, firstTime: encoded.firstTime,
                lastTime: encoded.lastTime, firstID: first, lastID: last, ok: encoded.ok, failed: encoded.failed,
                rawBytes: encoded.rawBytes, storedBytes: encoded.byteCount))
    }

    /// Reads all there is to read, in every way in which it is read.
    /// - Returns: the entries, and the bytes that they take.
    private func read(_ block: Block, from shelf: Shelf) throws -> (entries: [LogEntry], bytes: Int) {
        try shelf.queue.read { db in
            let stored = StoredBlock(block.summary, in: db, zstandard: zstandard, recent: RecentBlocks())
            if stored.hasFilter {
                for part in [BlockFormat.Part.filter, .words] {
                    _ = try stored.filter(part).mayContain(block.summary.firstID.low)
                }
            }
            let entries = try (0..<stored.rows).map(stored.entry)
            var bytes = 0
            for entry in entries {
                _ = try stored.row(of: entry.summary.id)
                bytes += (entry.requestBody?.bytes.count ?? 0) + (entry.responseBody?.bytes.count ?? 0)
                for header in entry.requestHeaders + entry.responseHeaders {
                    bytes += header.name.utf8.count + header.value.utf8.count
                }
                bytes += (entry.summary.uri ?? "").utf8.count + (entry.summary.errorMessage ?? "").utf8.count
            }
            var query = EntryQuery(teamID: 1, limit: 10)
            query.text = "a"
            query.connector = "hubspot"
            _ = try EntryFilter(query).rows(of: stored)
            let decoded = try DecodedBlock(stored)
            for merged in try BlockMerge([decoded], encoder: BlockEncoder(zstandard: zstandard)).blocks() {
                #expect(merged.block.rows <= stored.rows)
            }
            return (entries, bytes)
        }
    }

    @Test func damagedPartsAreRefusedAndNeverTakenForOthers() throws {
        let shelf = try Shelf()
        var blocks = blocks()
        for index in blocks.indices {
            try shelf.put(blocks[index].parts)
            blocks[index].entries = try read(blocks[index], from: shelf).entries
        }
        for round in FuzzRounds("damaged-parts", count: 600) {
            var mutation = BlockMutation(random: round.random, zstandard: zstandard)
            let block = mutation.random.pick(blocks)
            let part = mutation.random.pick(BlockFormat.Part.allCases.filter { block.parts[$0] != nil })
            let others = mutation.random.pick(blocks).parts.values.map { $0 }
            var parts = block.parts
            parts[part] = mutation.damaged(parts[part] ?? [], others: others)
            try shelf.put(parts)
            do {
                let found = try read(block, from: shelf)
                // Bytes behind the last column are nobody's.
                #expect(found.entries == block.entries, "round \(round.number)")
            } catch is BlockError {
                continue
            } catch {
                Issue.record("round \(round.number): \(type(of: error))")
            }
        }
    }

    @Test func partsWithRightChecksumsAndWrongColumnsCrashNothing() throws {
        let shelf = try Shelf()
        let blocks = blocks()
        var accepted = 0
        for round in FuzzRounds("rewritten-parts", count: 600) {
            var mutation = BlockMutation(random: round.random, zstandard: zstandard)
            let block = mutation.random.pick(blocks)
            let others = mutation.random.pick(blocks).parts.values.map { $0 }
            var parts = block.parts
            for part in BlockFormat.Part.allCases
            where parts[part] != nil && (part == .summary || mutation.random.chance(50)) {
                parts[part] = mutation.rewritten(parts[part] ?? [], others: others)
            }
            try shelf.put(parts)
            do {
                let found = try read(block, from: shelf)
                accepted += 1
                // Each row may name the one long value of a dictionary; none is longer than what is stored unpacked.
                let stored = parts.values.reduce(0) { $0 + $1.count }
                #expect(found.bytes <= (stored * 64 + 4096) * max(1, block.summary.rows), "round \(round.number)")
            } catch is BlockError {
                continue
            } catch {
                Issue.record("round \(round.number): \(type(of: error))")
            }
        }
        // Changes get through to the decoders: many are values that could have been written.
        #expect(accepted > 0)
    }

    /// What a stored length asks for is not allocated before the bytes are seen to hold it.
    @Test func lengthsThatNothingHoldsAskForNoMemory() throws {
        let frame = try #require(zstandard.compress([UInt8](repeating: 7, count: 5000), level: 1))
        #expect(zstandard.decompress(frame[...], size: 5000)?.count == 5000)
        for size in [0, 1, 4999, 5001, 1 << 30, Int.max] {
            #expect(zstandard.decompress(frame[...], size: size) == nil)
        }
        for count in 0..<frame.count { #expect(zstandard.decompress(frame[..<count], size: 5000) == nil) }
        // A frame that claims a gibibyte for itself (RFC 8878, section 3.1.1.1: a content size of eight bytes).
        var claims: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0]
        claims.appendLittleEndian(1 << 30, width: 8)
        #expect(zstandard.decompress((claims + frame.dropFirst(6))[...], size: 1 << 30) == nil)
    }

    /// Fields may share a value: few stored bytes could stand for a list that fills the memory.
    @Test func aHeaderListThatIsTooLongIsRefused() throws {
        let value = [UInt8](repeating: 0x61, count: 200_000)
        let list = (0..<100).flatMap { _ -> [UInt8] in
            var field: [UInt8] = [1, 0x78]
            Varint.append(UInt64(value.count), to: &field)
            return field + value
        }
        var column = TextColumn()
        for _ in 0..<2 { column.append(list) }
        var columns = Fixtures.batch(Fixtures.entries(2, from: ManualClock().now, teams: 1)).entries
        columns[.requestHeaders] = column
        let block = block(columns, .consecutive, EntryID(milliseconds: 1, counter: 0, random: 0), level: 1)
        #expect(block.summary.storedBytes < 200_000)
        let shelf = try Shelf()
        try shelf.put(block.parts)
        #expect(throws: BlockError.self) { try read(block, from: shelf) }
    }
}
