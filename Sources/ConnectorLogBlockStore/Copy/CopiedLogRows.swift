import ConnectorLogCore
import GRDB
import Logging

/// Faults, erasures and what requests left behind, for a copy.
enum CopiedLogRows {
    private static let rowsOfChunk = 2000
    /// Each may have a body.
    private static let faultsOfChunk = 500

    private static let liveTeams = "team_id IN (SELECT id FROM team WHERE NOT is_deleted)"

    private static func chunk(_ rows: CopiedRows, _ place: CopyPlace?) -> CopyChunk? {
        place.map { CopyChunk(rows, place: $0) }
    }

    static func faults(after place: CopyPlace?, in db: Database, _ zstandard: Zstandard) throws -> CopyChunk? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM fault WHERE id > ? AND \(liveTeams) ORDER BY id LIMIT \(faultsOfChunk)",
            arguments: [(place?.parts(numbers: 0).text ?? []).databaseBytes])
        let reader = FaultRows(
            db: db, zstandard: zstandard, logger: Logger(label: "copy") { _ in SwiftLogNoOpLogHandler() })
        let faults = try rows.map(reader.fault)
        return chunk(.faults(faults), rows.last.map { CopyPlace([], $0.bytes("id")) })
    }

    static func answers(after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM idempotency WHERE token > ? ORDER BY token LIMIT \(rowsOfChunk)",
            arguments: [(place?.parts(numbers: 0).text ?? []).databaseBytes])
        let answers = try rows.map { row in
            CopiedAnswer(
                IdempotentAnswer(
                    token: row.bytes("token"), fingerprint: row.bytes("fingerprint"), answer: row.bytes("answer")),
                createdAt: Timestamp(microseconds: try row.value("created_at")))
        }
        return chunk(.answers(answers), rows.last.map { CopyPlace([], $0.bytes("token")) })
    }

    static func events(after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM told_event WHERE event > ? ORDER BY event LIMIT \(rowsOfChunk * 10)",
            arguments: [(place?.parts(numbers: 0).text ?? []).databaseBytes])
        let events = try rows.map { row in
            CopiedEvent(event: row.bytes("event"), toldAt: Timestamp(microseconds: try row.value("told_at")))
        }
        return chunk(.events(events), rows.last.map { CopyPlace([], $0.bytes("event")) })
    }

    static func parts(after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM pending_part WHERE id > ? AND \(liveTeams) ORDER BY id LIMIT \(faultsOfChunk)",
            arguments: [place?.parts(numbers: 1).numbers[0] ?? 0])
        let parts = try rows.map { row in
            CopiedPart(
                number: try row.value("id"), teamID: try row.value("team_id"), call: row.bytes("call"),
                kind: try row.value("kind"), arrivedAt: Timestamp(microseconds: try row.value("arrived_at")),
                entry: row.bytes("entry"))
        }
        return chunk(.parts(parts), parts.last.map { CopyPlace([$0.number]) })
    }

    static func erasures(after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM erasure WHERE id > ? ORDER BY id LIMIT \(rowsOfChunk)",
            arguments: [place?.parts(numbers: 1).numbers[0] ?? 0])
        let erasures = try rows.map { row in
            CopiedErasure(
                try ErasureRows.erasure(row),
                lastID: EntryID(databaseBytes: row.bytes("last_id")) ?? BlockSummary.unknownLastID)
        }
        return chunk(.erasures(erasures), erasures.last.map { CopyPlace([$0.erasure.number]) })
    }

    // MARK: - Writing

    static func insert(_ faults: [RootFault], in db: Database, _ zstandard: Zstandard) throws {
        for fault in faults {
            try db.cachedStatement(
                sql: """
                    INSERT INTO fault (id, team_id, occurred_at, state_id, connector, name, record, details_removed_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                fault.id.databaseBytes, fault.teamID, fault.occurredAt.microseconds, fault.stateID,
                fault.connectorIdentifier, fault.name,
                FaultRecord.encode(fault, zstandard: zstandard).databaseBytes, fault.detailsRemovedAt?.microseconds,
            ])
        }
    }

    static func insert(_ answers: [CopiedAnswer], in db: Database) throws {
        for copied in answers {
            let answer = copied.answer
            try db.cachedStatement(sql: "INSERT INTO idempotency VALUES (?, ?, ?, ?)").execute(arguments: [
                answer.token.databaseBytes, answer.fingerprint.databaseBytes, answer.answer.databaseBytes,
                copied.createdAt.microseconds,
            ])
        }
    }

    static func insert(_ events: [CopiedEvent], in db: Database) throws {
        for event in events {
            try db.cachedStatement(sql: "INSERT INTO told_event (event, told_at) VALUES (?, ?)")
                .execute(arguments: [event.event.databaseBytes, event.toldAt.microseconds])
        }
    }

    static func insert(_ parts: [CopiedPart], in db: Database) throws {
        for part in parts {
            try db.cachedStatement(
                sql: """
                    INSERT INTO pending_part (id, team_id, call, kind, arrived_at, bytes, entry)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                part.number, part.teamID, part.call.databaseBytes, part.kind, part.arrivedAt.microseconds,
                part.entry.count, part.entry.databaseBytes,
            ])
        }
    }

    static func insert(_ erasures: [CopiedErasure], in db: Database) throws {
        for copied in erasures {
            let erasure = copied.erasure
            try db.cachedStatement(
                sql: """
                    INSERT INTO erasure (id, team_id, kind, target, last_id, key_id, requested_at, completed_at, entries,
                        faults, states, unreadable_blocks)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                erasure.number, erasure.teamID, erasure.target.kind.rawValue, erasure.target.name,
                copied.lastID.databaseBytes, erasure.keyID, erasure.requestedAt.microseconds,
                erasure.completedAt?.microseconds, erasure.entries, erasure.faults, erasure.states,
                erasure.unreadableBlocks,
            ])
        }
    }
}
