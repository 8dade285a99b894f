import ConnectorLogCore
import Foundation
import GRDB
import Logging
import Synchronization

/// Faults and flow states that are over age.
struct AgedRecords {
    private static let deletedAtOnce = 1000
    private static let strippedAtOnce = 200

    let replacement: BlockReplacement
    let zstandard: Zstandard
    let policies: RetentionPolicies
    let now: Timestamp
    let logger: Logger

    private var pool: DatabasePool { replacement.pool }

    /// One step; false when none is over age. Readers look for them, so that the writer has a turn only when there are some.
    func step() async throws -> Bool {
        let teams = try await pool.read { db in try Int64.fetchAll(db, sql: "SELECT id FROM team ORDER BY id") }
        let entries = EarliestEntries(replacement.directory.blocks)
        for team in teams {
            if let limit = policies[team].entryLimit(at: now)?.microseconds {
                if try await deleteFaults(of: team, before: limit) { return true }
                if try await deleteStates(of: team, before: limit, entries) { return true }
            }
            if let limit = policies[team].detailLimit(at: now)?.microseconds,
                try await stripFaults(of: team, before: limit)
            {
                return true
            }
        }
        return false
    }

    private func deleteFaults(of team: Int64, before limit: Int64) async throws -> Bool {
        let ids = try await pool.read { db in
            try DatabaseValue.fetchAll(
                db, sql: "SELECT id FROM fault WHERE team_id = ? AND occurred_at < ? LIMIT ?",
                arguments: [team, limit, Self.deletedAtOnce])
        }
        guard !ids.isEmpty else { return false }
        return try await pool.write { db in
            var deleted = 0
            for id in ids {
                try db.cachedStatement(sql: "DELETE FROM fault WHERE id = ?").execute(arguments: [id])
                deleted += db.changesCount
            }
            // What a damaged index names is not there to be deleted.
            return deleted > 0
        }
    }

    /// By the index over flows and hours, flow by flow: states that were active in the limit's own hour wait for the next.
    ///
    /// They wait for their entries, too, which may be a day late: a state without a row is one that an entry would name in
    /// vain, and whose calls would be counted from one again.
    private func deleteStates(of team: Int64, before limit: Int64, _ entries: EarliestEntries) async throws -> Bool {
        let hour = min(limit, entries[team]) / FlowStateTable.hour
        let states = try await pool.read { db in
            try DatabaseValue.fetchAll(
                db,
                sql: """
                    WITH RECURSIVE flows (flow) AS (
                        SELECT min(flow) FROM flow_state WHERE team_id = ?1
                        UNION ALL
                        SELECT (SELECT min(flow) FROM flow_state WHERE team_id = ?1 AND flow > flows.flow)
                        FROM flows WHERE flow IS NOT NULL
                    )
                    SELECT id FROM flows JOIN flow_state ON team_id = ?1 AND flow_state.flow = flows.flow
                    WHERE active_hour < ?2
                    UNION ALL
                    SELECT id FROM flow_state WHERE team_id = ?1 AND flow IS NULL AND active_hour < ?2
                    LIMIT ?3
                    """, arguments: [team, hour, Self.deletedAtOnce])
        }
        guard !states.isEmpty else { return false }
        let deleted = Atomic(0)
        // After what waits for their rows is written: they may have been active since, and older entries may have come.
        try await replacement.write { [self] db in
            let hour = min(limit, EarliestEntries(replacement.directory.blocks)[team]) / FlowStateTable.hour
            for state in states {
                try db.cachedStatement(
                    sql: "DELETE FROM flow_state WHERE team_id = ? AND id = ? AND active_hour < ?"
                ).execute(arguments: [team, state, hour])
                deleted.add(db.changesCount, ordering: .relaxed)
            }
            return BlockReplacement.Blocks()
        }
        // What a damaged index names is not there to be deleted, and what became active since goes another time.
        return deleted.load(ordering: .relaxed) > 0
    }

    private func stripFaults(of team: Int64, before limit: Int64) async throws -> Bool {
        let overAge = "fault WHERE team_id = ? AND occurred_at < ? AND details_removed_at IS NULL"
        let records = try await pool.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM \(overAge) LIMIT ?", arguments: [team, limit, Self.strippedAtOnce]
            ).map { (id: $0.stored("id"), record: try stripped($0, in: db)) }
        }
        guard !records.isEmpty else { return false }
        return try await pool.write { [now] db in
            for (id, record) in records {
                try db.cachedStatement(sql: "UPDATE fault SET record = ?, details_removed_at = ? WHERE id = ?")
                    .execute(arguments: [record.databaseBytes, now.microseconds, id])
            }
            // What a damaged index names would be stripped again and again.
            let next = try DatabaseValue.fetchOne(
                db, sql: "SELECT id FROM \(overAge) LIMIT 1", arguments: [team, limit])
            return next.map { next in !records.contains { $0.id == next } } ?? true
        }
    }

    /// The fault's record without headers, body and receipt. Nothing is kept of one that is damaged.
    private func stripped(_ row: Row, in db: Database) throws -> [UInt8] {
        do {
            var fault = try FaultRows(db: db, zstandard: zstandard, logger: logger).fault(row)
            (fault.responseHeaders, fault.responseBody, fault.receipt) = ([], nil, [])
            return try FaultRecord.encode(fault, zstandard: zstandard)
        } catch is BlockError {
            logger.error("kept nothing of a damaged fault over age")
            return []
        }
    }
}

/// From when on there are entries of each team.
private struct EarliestEntries {
    private var byTeam: [Int64: Int64] = [:]
    private var shared = Int64.max

    init(_ blocks: [BlockSummary]) {
        for block in blocks {
            if let team = block.teamID {
                byTeam[team] = min(byTeam[team] ?? .max, block.firstTime)
            } else {
                shared = min(shared, block.firstTime)
            }
        }
    }

    /// The greatest number when there are none.
    subscript(team: Int64) -> Int64 { min(byTeam[team] ?? .max, shared) }
}
