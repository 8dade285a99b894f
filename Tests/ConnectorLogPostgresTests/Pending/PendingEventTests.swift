import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct PendingEventTests {
    @Test func eventsAreForgottenAfterADay() async throws {
        try await TestDatabase.withStore { store, database in
            let now = database.clock.now
            func told() throws -> Int64 { try database.integer("SELECT count(*) FROM pending_event") }
            try database.execute(
                """
                INSERT INTO pending_event (event, told_at)
                SELECT convert_to(number::text, 'UTF8'), \(now.microseconds) + number
                FROM generate_series(0, 20001) AS number
                """)
            database.clock.advance(bySeconds: 86_400)
            await store.maintain()
            #expect(try told() == 20_002)
            // More than one transaction forgets.
            database.clock.advance(byMicroseconds: 20_001)
            await store.maintain()
            #expect(try told() == 1)
        }
    }
}
