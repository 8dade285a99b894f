package import ConnectorLogCore
import GRDB

/// What was taken out of a store, field by field.
package struct SecretErasure: Sendable, Equatable {
    package var blocks = 0
    package var entries = 0
    /// Of entries.
    package var fields = 0
    /// Of tables beside blocks.
    package var rows = 0

    package init() {}
}

/// Puts placeholders in the place of secrets in what is stored: as if they had been registered in time. Entries keep their
/// ids, times and all that is no secret; rows go on with what is left of them.
///
/// A block is replaced by a new one, and what it held is overwritten (`PageScrubber`). Runs while no server does.
struct SecretEraser {
    let eraser: Eraser
    let scopes: SecretScopes

    /// - Parameter progress: told how many blocks of how many are done.
    func run(_ progress: (Int, Int) throws -> Void) async throws -> SecretErasure {
        var erasure = SecretErasure()
        let blocks = eraser.directory.blocks.sorted { $0.id < $1.id }
        for (done, block) in blocks.enumerated() {
            try Task.checkCancellation()
            let (entries, fields) = try await rewrite(block)
            if entries > 0 { erasure.blocks += 1 }
            erasure.entries += entries
            erasure.fields += fields
            try progress(done + 1, blocks.count)
        }
        // Blocks first: what they say of flow states that are not counted yet is written with them.
        erasure.rows = try await eraser.pool.write { [scopes, zstandard = eraser.encoder.zstandard] db in
            try SecretRowEraser(db: db, scopes: scopes, zstandard: zstandard).run()
        }
        eraser.replacement.states.texts.forgetAll()
        try await eraser.removeUnnamedTexts()
        try await PageScrubber(
            pool: eraser.pool, directory: eraser.directory, lane: eraser.lane, maximumWait: eraser.maximumWait
        ).scrub()
        return erasure
    }

    private struct Rewritten: Sendable {
        var pieces: [BlockRewrite.Piece] = []
        var entries = 0
        var fields = 0
    }

    /// Nothing is changed in a damaged block; it is in quarantine then.
    private func rewrite(_ block: BlockSummary) async throws -> (entries: Int, fields: Int) {
        try await eraser.lane.acquire()
        defer { eraser.lane.release() }
        let rewritten = try await eraser.pool.read { [self] db in
            try eraser.quarantine.reading(block) { try withoutSecrets(block, in: db) } ?? Rewritten()
        }
        guard rewritten.fields > 0 else { return (0, 0) }
        try await eraser.replacement.write { db in
            try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ? AND NOT retired", arguments: [block.id])
            guard db.changesCount == 1 else { throw StoreError(.failed, "a block was replaced twice") }
            return BlockReplacement.Blocks(
                old: [block.id], new: try rewritten.pieces.map { try $0.insert(replacing: block, in: db) })
        }
        return (rewritten.entries, rewritten.fields)
    }

    private func withoutSecrets(_ block: BlockSummary, in db: Database) throws -> Rewritten {
        let stored = StoredBlock(
            block, in: db, zstandard: eraser.encoder.zstandard, recent: eraser.replacement.recent)
        // Small blocks lie uncompressed in the file, where a secret shows whosever entry has it.
        var secrets = BlockSecrets(scopes, isWide: true)
        var scratch = KnownSecretSearch.Scratch()
        try secrets.run(stored, &scratch)
        // What is damaged cannot be written anew.
        if let fault = secrets.damage.first { throw BlockError(.value, fault.place) }
        guard !secrets.hits.isEmpty else { return Rewritten() }
        let source = try DecodedBlock(stored)
        var whole = EntryColumns()
        try source.append(Array(0..<stored.rows), to: &whole)
        var texts = secrets.redactions(of: whole, &scratch)
        // A receipt is one of the details.
        if block.detailsRemovedAt != nil { texts[.receipt] = nil }
        let pieces = try BlockRewrite(encoder: eraser.encoder).pieces(
            of: source, replacing: block, now: 0, fate: { _ in .kept },
            change: { columns, rows in
                for (field, texts) in texts { columns[field] = columns[field].replacing(texts, rows: rows) }
            })
        return Rewritten(
            pieces: pieces, entries: Set(secrets.hits.map(\.row)).count, fields: secrets.hits.count)
    }
}

extension TextColumn {
    /// With other texts in some rows.
    /// - Parameters:
    ///   - texts: by the numbers that rows had; nil as a value takes the text away.
    ///   - rows: the numbers that this column's rows had.
    fileprivate func replacing(_ texts: [Int: [UInt8]?], rows: [Int]) -> TextColumn {
        var column = TextColumn()
        column.reserve(rows: count, bytes: bytes.count)
        for (row, number) in rows.enumerated() {
            switch texts[number] {
            case .some(.some(let text)): column.append(text)
            case .some(.none): column.appendNull()
            case .none: column.append(row: row, of: self)
            }
        }
        return column
    }
}

extension BlockStore {
    /// Takes secrets out of all that is stored, and out of the bytes of the files. Nobody may write meanwhile.
    package func eraseSecrets(
        _ scopes: SecretScopes, progress: (_ done: Int, _ all: Int) throws -> Void = { _, _ in }
    ) async throws(StoreError) -> SecretErasure {
        do {
            return try await SecretEraser(eraser: maintenance.eraser, scopes: scopes).run(progress)
        } catch {
            throw StoreError(writing: error)
        }
    }

    /// Writes the database anew, so that pages hold nothing but what is stored: SQLite leaves remnants between rows that it
    /// moved. Takes as much room again as the store.
    package func rebuild() async throws(StoreError) {
        do {
            try await maintenance.pool.vacuum()
            try await maintenance.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch {
            throw StoreError(writing: error)
        }
    }
}
