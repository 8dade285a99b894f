import ConnectorLogCore
import ConnectorLogTesting
import GRDB
import Testing

@testable import ConnectorLogBlockStore

@Suite struct AuditTests {
    private func record(_ request: String, team: Int64?, at: Timestamp) -> AuditRecord {
        AuditRecord(
            at: at, teamID: team, keyID: "key", keyName: "Key", action: "revokeKey", target: "t", requestID: request)
    }

    /// In one transaction: one each would take a minute.
    private func fill(_ store: BlockStore, count: Int, team: Int64?) async throws {
        try await store.catalog.pool.write { db in
            for number in 0..<count {
                try db.execute(
                    sql: """
                        INSERT INTO audit (at, team_id, key_id, key_name, action, request_id)
                        VALUES (0, ?, 'key', 'Key', 'revokeKey', ?)
                        """, arguments: [team, "request-\(number)"])
            }
        }
    }

    @Test(arguments: [1, nil] as [Int64?])
    func theOldestRecordsGo(of team: Int64?) async throws {
        try await TemporaryStore.with { store, clock in
            let other: Int64? = team == nil ? 1 : nil
            try await fill(store, count: 3, team: other)
            try await fill(store, count: AuditRecord.maximumCount - 1, team: team)
            func oldest() async throws -> [String] {
                try await store.audit(team: team, before: 3 + 3, limit: 10).map(\.requestID)
            }
            try await store.note(record("full", team: team, at: clock.now))
            #expect(try await oldest() == ["request-1", "request-0"])
            try await store.note(record("more", team: team, at: clock.now))
            #expect(try await oldest() == ["request-1"])
            #expect(try await store.audit(team: team, before: nil, limit: 2).map(\.requestID) == ["more", "full"])
            #expect(try await store.audit(team: other, before: nil, limit: 10).count == 3)
        }
    }

    @Test func numbersOfRecordsThatWentAreNotGivenAgain() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        try await fill(store, count: 3, team: 1)
        try await store.catalog.pool.write { db in try db.execute(sql: "DELETE FROM audit") }
        try await store.close()
        store = try await temporary.open()
        try await store.note(record("next", team: 1, at: temporary.clock.now))
        #expect(try await store.audit(team: 1, before: nil, limit: 1).map(\.number) == [4])
        try await store.close()
    }

    @Test func recordsAreFoundByAnIndex() async throws {
        try await TemporaryStore.with { store, _ in
            for team in [1, nil] as [Int64?] {
                let plan = try await store.catalog.pool.read { db in
                    try Row.fetchAll(
                        db,
                        sql:
                            "EXPLAIN QUERY PLAN SELECT * FROM audit WHERE team_id IS ? AND id < ? ORDER BY id DESC LIMIT 9",
                        arguments: [team, Int64.max]
                    ).map { $0["detail"] as String }
                }
                #expect(plan == ["SEARCH audit USING INDEX audit_team (team_id=? AND id<?)"])
            }
        }
    }

    @Test func aCheckReadsThemAll() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await store.note(record("a", team: 1, at: temporary.clock.now))
        try await store.close()
        #expect(try StoreCheck.run(temporary.directory).isSound)
    }
}
