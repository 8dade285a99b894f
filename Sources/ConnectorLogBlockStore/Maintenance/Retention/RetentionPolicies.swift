import ConnectorLogCore
import GRDB

/// How long the records of each team are kept.
struct RetentionPolicies: Equatable, Sendable {
    /// For teams that say nothing of their own.
    var standard: Retention
    var byTeam: [Int64: Retention]
    /// Teams whose own retention cannot be read: nothing of theirs is removed.
    var damaged: Set<Int64> = []

    subscript(team: Int64) -> Retention { byTeam[team] ?? standard }

    /// Whether nothing is ever over age.
    var isForever: Bool { standard == .forever && byTeam.values.allSatisfy { $0 == .forever } }

    /// Before this instant something may be over age, whatever team; nil when nothing is.
    func latestLimit(at now: Timestamp) -> Timestamp? {
        ([standard] + byTeam.values).flatMap { [$0.entryLimit(at: now), $0.detailLimit(at: now)] }
            .compactMap(\.self).max()
    }

    /// What becomes of a row.
    func fate(team: Int64, time: Int64, at now: Timestamp) -> BlockRewrite.Fate {
        let retention = self[team]
        if let limit = retention.entryLimit(at: now), time < limit.microseconds { return .removed }
        if let limit = retention.detailLimit(at: now), time < limit.microseconds { return .summaryOnly }
        return .kept
    }

    static func read(standard: Retention, in db: Database) throws -> RetentionPolicies {
        var policies = RetentionPolicies(standard: standard, byTeam: [:])
        for row in try Row.fetchAll(db, sql: "SELECT id, entry_days, detail_days FROM team WHERE has_retention") {
            let team: Int64 = try row.value("id")
            do throws(BlockError) {
                policies.byTeam[team] = try retention(row)
            } catch {
                policies.byTeam[team] = .forever
                policies.damaged.insert(team)
            }
        }
        return policies
    }

    static func retention(_ row: Row) throws(BlockError) -> Retention {
        let (entryDays, detailDays): (Int?, Int?) = (
            try row.valueIfAny("entry_days"), try row.valueIfAny("detail_days")
        )
        guard let retention = Retention(entryDays: entryDays, detailDays: detailDays) else {
            throw BlockError(.value, "a team's retention")
        }
        return retention
    }
}
