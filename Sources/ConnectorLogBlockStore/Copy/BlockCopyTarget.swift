package import ConnectorLogCore
import Foundation
import GRDB

/// Fills an empty store in a data directory, which nobody else may have open. Entries become blocks as compaction makes them,
/// of one team each; a chunk is one transaction, with its place.
package final class BlockCopyTarget: CopyTarget {
    /// Blocks that are encoded at once.
    private static let encoders = 2

    private let pool: DatabasePool
    private let zstandard = Zstandard()
    private let texts = FlowTexts()

    package static func open(directory path: String) throws(StoreError) -> BlockCopyTarget {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return BlockCopyTarget(try StoreDatabase.open(directory: path))
        } catch {
            throw StoreError(opening: error)
        }
    }

    private init(_ pool: DatabasePool) { self.pool = pool }

    /// Moves the write-ahead log into the database.
    package func close() async {
        try? await pool.writeWithoutTransaction { db in
            try db.forgetInterruption()
            _ = try db.checkpoint(.truncate)
        }
        try? pool.close()
    }

    package func progress() async throws(StoreError) -> CopyProgress? {
        do { return try await pool.read(CopyTable.progress) } catch { throw StoreError(reading: error) }
    }

    package func begin(_ progress: CopyProgress) async throws(StoreError) {
        try await write { db in
            guard try CopyTable.isEmpty(db) else { throw StoreError(.conflict, "the store is not empty") }
            try CopyTable.write(progress, in: db)
        }
    }

    package func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError) {
        if case .entries(let entries) = rows {
            let pieces = try await pieces(entries)
            return try await write { db in
                for piece in pieces {
                    _ = try BlockWriter.insert(
                        piece.block, level: 1, ids: piece.ids, detailsRemovedAt: piece.detailsRemovedAt, in: db)
                }
                try CopyTable.write(progress, in: db)
            }
        }
        try await write { [zstandard, texts] db in
            switch rows {
            case .teams(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .keys(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .connectors(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .secrets(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .sealedKeys(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .rules(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .audit(let rows): try CopiedCatalogRows.insert(rows, in: db)
            case .erasures(let rows): try CopiedLogRows.insert(rows, in: db)
            case .answers(let rows): try CopiedLogRows.insert(rows, in: db)
            case .events(let rows): try CopiedLogRows.insert(rows, in: db)
            case .parts(let rows): try CopiedLogRows.insert(rows, in: db)
            case .states(let rows): try CopiedStateRows.insert(rows, texts: texts, in: db)
            case .faults(let rows): try CopiedLogRows.insert(rows, in: db, zstandard)
            case .numbers(let numbers): try CopiedCatalogRows.raise(numbers, in: db)
            case .entries, nil: break
            }
            try CopyTable.write(progress, in: db)
        }
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(StoreError) {
        do {
            try await pool.write(body)
        } catch {
            // Numbers of a transaction that was rolled back are no more.
            texts.forgetAll()
            throw StoreError(writing: error)
        }
    }

    // MARK: - Blocks

    private struct Group: Hashable {
        var team: Int64
        var detailsRemovedAt: Int64
    }

    private func pieces(_ entries: CopiedEntries) async throws(StoreError) -> [BlockRewrite.Piece] {
        let parts = Self.parts(of: entries)
        let encoder = BlockEncoder(zstandard: zstandard)
        let pieces = await withTaskGroup(of: (Int, BlockRewrite.Piece).self) { group in
            var made: [(Int, BlockRewrite.Piece)] = []
            for (number, part) in parts.enumerated() {
                if number >= Self.encoders, let next = await group.next() { made.append(next) }
                group.addTask { (number, Self.piece(part.rows, of: entries, part.group.detailsRemovedAt, encoder)) }
            }
            for await next in group { made.append(next) }
            return made
        }
        return pieces.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Rows that become one block each, in the order of their ids: so they are looked for.
    private static func parts(of entries: CopiedEntries) -> [(group: Group, rows: [Int])] {
        var groups: [Group: [Int]] = [:]
        for row in 0..<entries.count {
            let group = Group(team: entries.columns.teamIDs[row], detailsRemovedAt: entries.detailsRemovedAt[row])
            groups[group, default: []].append(row)
        }
        let columns = entries.columns
        func bytes(_ row: Int) -> Int { columns.texts.reduce(49) { $0 + 4 + $1.range(row).count } }
        var parts: [(group: Group, rows: [Int])] = []
        for (group, unsorted) in groups.sorted(by: {
            ($0.key.team, $0.key.detailsRemovedAt) < ($1.key.team, $1.key.detailsRemovedAt)
        }) {
            let rows = unsorted.sorted { entries.ids[$0] < entries.ids[$1] }
            let ranges = BlockPieces.ranges(rows: rows.count, bytes: rows.reduce(0) { $0 + bytes($1) }) {
                bytes(rows[$0])
            }
            for range in ranges { parts.append((group, Array(rows[range]))) }
        }
        return parts
    }

    private static func piece(
        _ rows: [Int], of entries: CopiedEntries, _ detailsRemovedAt: Int64, _ encoder: BlockEncoder
    ) -> BlockRewrite.Piece {
        let all = entries.columns
        var columns = EntryColumns()
        columns.teamIDs = rows.map { all.teamIDs[$0] }
        columns.logTimes = rows.map { all.logTimes[$0] }
        columns.statuses = rows.map { all.statuses[$0] }
        columns.outcomes = rows.map { all.outcomes[$0] }
        columns.durations = rows.map { all.durations[$0] }
        columns.requestBodyAttributes = rows.map { all.requestBodyAttributes[$0] }
        columns.responseBodyAttributes = rows.map { all.responseBodyAttributes[$0] }
        for field in EntryTextField.allCases { columns[field].append(rows, of: all[field]) }
        let ids = rows.map { entries.ids[$0] }
        return BlockRewrite.Piece(
            block: encoder.encode(columns, ids: .listed(ids)), ids: ids[0]...ids[ids.count - 1],
            detailsRemovedAt: detailsRemovedAt == 0 ? nil : detailsRemovedAt)
    }
}
