import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Testing

@testable import ConnectorLogBlockStore

@Suite struct FlowStateTableTests {
    // MARK: - Ids

    @Test(arguments: [
        "00000000-0000-0000-0000-000000000000", "0123cdef-89ab-7def-8012-3456789abcde",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ])
    func uuidsInLowerCaseAreSixteenBytes(_ id: String) throws {
        let stored = StoredStateID(id)
        guard case .uuid = stored else {
            Issue.record("\(id) is a text")
            return
        }
        #expect(StoredStateID.fromDatabaseValue(stored.databaseValue) == stored)
        let text = try DatabaseQueue().read { db in
            try String.fetchOne(
                db, sql: "SELECT \(StoredStateID.textSQL("id")) FROM (SELECT ? AS id)", arguments: [stored])
        }
        #expect(text == id)
    }

    @Test(arguments: [
        "", "order-17", "0123CDEF-89ab-7def-8012-3456789abcde", "0123cdef-89ab-7def-8012-3456789abcd",
        "0123cdef-89ab-7def-8012-3456789abcde0", "0123cdef089ab-7def-8012-3456789abcde",
        "g123cdef-89ab-7def-8012-3456789abcde", "0123cdef-89ab-7def-8012-3456789abcd\u{e9}",
    ])
    func allOtherIDsStayText(_ id: String) throws {
        #expect(StoredStateID(id) == .text(id))
        let text = try DatabaseQueue().read { db in
            try String.fetchOne(
                db, sql: "SELECT \(StoredStateID.textSQL("id")) FROM (SELECT ? AS id)", arguments: [StoredStateID(id)])
        }
        #expect(text == id)
    }

    // MARK: - Times

    private static let distances: [(Int64, Int64)] = [
        (0, 0), (1000, 2), (-1000, -2), (1, 3), (-1, -1), (1001, 2003), (3_599_999_000, 7_199_998), (-1500, -2999),
        (253_402_300_799_999_999, 506_804_601_599_999_999),
    ]

    @Test(arguments: distances)
    func distancesHaveTheDocumentedForm(_ distance: Int64, _ stored: Int64) throws {
        #expect(ShortTime.encode(distance) == stored)
        #expect(ShortTime.decode(stored) == distance)
        let bySQL = try DatabaseQueue().read { db in
            try Int64.fetchOne(
                db, sql: "SELECT \(ShortTime.sql("stored")) FROM (SELECT ? AS stored)", arguments: [stored])
        }
        #expect(bySQL == distance)
    }

    // MARK: - Rows

    /// As docs/block-format.md says of a state whose calls lie in one hour: the numbers here are the format.
    @Test func aRowHasTheDocumentedForm() async throws {
        try await TemporaryStore.with { store, _ in
            let start = Timestamp(microseconds: 497_000 * FlowStateTable.hour + 5_000_000)
            var call = SampleEntry(team: 1, at: start)
            call.stateID = "0123cdef-89ab-7def-8012-3456789abcde"
            var later = SampleEntry(team: 1, at: Timestamp(microseconds: start.microseconds + 2_000_001))
            later.stateID = call.stateID
            _ = try await store.append(Fixtures.batch([call, later]), idempotency: nil)
            #expect(try await store.state(team: 1, id: "0123cdef-89ab-7def-8012-3456789abcde")?.calls == 2)
            _ = try await store.states(StateQuery(teamID: 1, flowID: "any", limit: 1))
            let row = try await store.catalog.pool.read { db in
                try String.fetchOne(
                    db,
                    sql: """
                        SELECT printf('%s %d %d %d %d %d %d %s %d %d %d %d', hex(id), marks, active_hour, last_action,
                            created, first_call, last_call, quote(changed), calls, failed_calls, faults, counted_block) FROM flow_state
                        """)
            }
            #expect(row == "0123CDEF89AB7DEF80123456789ABCDE 0 497000 14000003 4000003 0 0 NULL 2 0 0 0")
        }
    }

    /// Of equal last actions, that whose id is the lesser text comes first, whatever form the ids are stored in.
    @Test func statesAreOrderedByTheTextOfTheirIDs() async throws {
        try await TemporaryStore.with { store, clock in
            let ids = [
                "order-1", "0123cdef-89ab-7def-8012-3456789abcde", "zebra", "f123cdef-89ab-7def-8012-3456789abcde", "a",
                "0123CDEF-89ab-7def-8012-3456789abcde",
            ]
            let changes = ids.map { id in
                var change = Fixtures.change(team: 1, state: id, at: clock.now, status: .done)
                change.flowID = "flow"
                return change
            }
            _ = try await store.append(Fixtures.batch(states: changes), idempotency: nil)
            var query = StateQuery(teamID: 1, flowID: "flow", limit: 2)
            var found: [String] = []
            while true {
                let page = try await store.states(query)
                found += page.rows.map(\.stateID)
                guard let next = page.next else { break }
                query.after = next
            }
            #expect(found == ids.sorted())
        }
    }

    // MARK: - Migration

    /// Rows as migration 6 had them, with all that a state may say.
    @Test func rowsOfOlderStoresAreConverted() throws {
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue, upTo: "6 checksums of blocks' rows")
        let time: Int64 = 1_793_572_125_657_001
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO flow_text VALUES (1, 'flow'), (2, 'name'), (3, '7');
                    INSERT INTO flow_state VALUES
                        (2, 'order-1', 1, 2, 3, 2, \(time - 5), 'step', 'user', 'uri', \(time - 8000), 1, \(time),
                         \(time / 3_600_000_000), \(time - 7), \(time - 3), 4, 3, 2, 99),
                        (1, '0123cdef-89ab-7def-8012-3456789abcde', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL,
                         \(time), 0, \(time), \(time / 3_600_000_000), NULL, NULL, 0, 0, 1, 0);
                    """)
        }
        let columns = """
            team_id, state_id, flow, name, version, status, changed_at, current_step, user, join_uri, created_at,
            is_created_stated, last_action_at, active_hour, first_call_at, last_call_at, calls, failed_calls, faults
            """
        let all = "SELECT \(columns) FROM flow_state ORDER BY team_id"
        let before = try queue.read { db in try Row.fetchAll(db, sql: all) }
        try Schema.migrator.migrate(queue)
        let after = try queue.read { db in try Row.fetchAll(db, sql: all) }
        #expect(after == before)
        // No block of level 0 is there to be counted again.
        let forms = try queue.read { db in
            try String.fetchAll(
                db, sql: "SELECT typeof(id) || ' ' || counted_block FROM flow_state ORDER BY team_id")
        }
        #expect(forms == ["blob 0", "text 0"])
        let damage = try queue.read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") }
        #expect(damage == ["ok"])
    }
}
