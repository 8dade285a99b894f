import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct MigrationTests {
    @Test func migrationsAreNumberedWithoutGaps() {
        #expect(PostgresMigration.all.map(\.number) == (1...Int64(PostgresMigration.all.count)).map { $0 })
    }

    @Test func eachStepIsTakenOnce() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let configuration = try database.configuration()
            #expect(
                try await PostgresMigrations.pending(configuration).map(\.number) == PostgresMigration.all.map(\.number)
            )
            // A look changes nothing.
            #expect(try database.integer("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0)
            #expect(try await PostgresMigrations.migrate(configuration).count == PostgresMigration.all.count)
            let store = try await database.open()
            _ = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now)
            await store.close()
            #expect(try await PostgresMigrations.migrate(configuration).isEmpty)
            #expect(try await PostgresMigrations.pending(configuration).isEmpty)
            #expect(try database.integer("SELECT count(*) FROM team") == 1)
        }
    }

    @Test func ofManyAtOnceOneDoesIt() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let configuration = try database.configuration()
            let steps = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<6 {
                    group.addTask { try await PostgresMigrations.migrate(configuration).map(\.number) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(steps.sorted() == PostgresMigration.all.map(\.number))
            await (try await database.open()).close()
        }
    }

    @Test func whatWasBegunIsGoneOnWith() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let first = PostgresMigrations.statements.prefix { !$0.contains("idempotency") }
            try database.execute(first.joined(separator: ";"))
            let configuration = try database.configuration()
            #expect(await StoreError.code { _ = try await database.open() } == .missing)
            #expect(
                try await PostgresMigrations.migrate(configuration).map(\.number) == Array(3...PostgresMigration.newest)
            )
            await (try await database.open()).close()
        }
    }

    /// Who wants to run them by hand may.
    @Test func theStatementsOfADryRunAreAll() async throws {
        try await TestDatabase.with(migrated: false) { database in
            try database.execute(PostgresMigrations.statements.joined(separator: ";"))
            #expect(try await PostgresMigrations.migrate(database.configuration()).isEmpty)
            await (try await database.open()).close()
        }
    }

    @Test func tablesThatAreMissingOrNewerAreRefused() async throws {
        try await TestDatabase.with(migrated: false) { database in
            do {
                _ = try await database.open()
                Issue.record("a database without tables is opened")
            } catch {
                let error = try #require(error as? StoreError)
                #expect(error.code == .missing && error.message.contains("connectorlog store migrate"))
            }
            let configuration = try database.configuration()
            try await PostgresMigrations.migrate(configuration)
            try database.execute("INSERT INTO schema_version (number, name) VALUES (1000, 'later')")
            #expect(await StoreError.code { _ = try await database.open() } == .newer)
            #expect(await StoreError.code { _ = try await PostgresMigrations.migrate(configuration) } == .newer)
            #expect(await StoreError.code { _ = try await PostgresMigrations.pending(configuration) } == .newer)
        }
    }
}
