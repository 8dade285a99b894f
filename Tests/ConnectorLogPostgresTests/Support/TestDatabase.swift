import ConnectorLogCore
import ConnectorLogTesting
import Logging
import Testing

@testable import ConnectorLogPostgres

/// A database of a test's own, that goes with it.
struct TestDatabase: Sendable {
    /// So many at a time: each has connections, and there are hundreds of tests.
    private static let slots = AsyncSlots(count: 4)

    let server: TestPostgres
    let name: String
    let clock = ManualClock()

    static func with<Value>(
        migrated: Bool = true, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        try await slots.acquire()
        defer { slots.release() }
        return try await with(on: TestPostgres.shared(), migrated: migrated, body)
    }

    static func with<Value>(
        on server: TestPostgres, migrated: Bool = true, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let database = TestDatabase(server: server, name: try await server.makeDatabase())
        if migrated { try await PostgresMigrations.migrate(database.configuration()) }
        let result: Result<Value, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        try? await server.drop(database.name)
        return try result.get()
    }

    func configuration(_ change: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresConfiguration {
        var configuration = PostgresConfiguration(address: try #require(PostgresAddress(server.url(name))))
        change(&configuration)
        return configuration
    }

    func open(
        timing: PostgresTiming = PostgresTiming(), _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresStore {
        try await PostgresStore.open(
            configuration(change), timing: timing, now: clock.source,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Runs `body` on a store that is closed afterwards.
    static func withStore<Value>(
        timing: PostgresTiming = PostgresTiming(), _ body: (PostgresStore, TestDatabase) async throws -> Value
    ) async throws -> Value {
        try await with { database in
            let store = try await database.open(timing: timing)
            let result: Result<Value, any Error>
            do { result = .success(try await body(store, database)) } catch { result = .failure(error) }
            await store.close()
            return try result.get()
        }
    }

    // MARK: - What a test does beside the store

    /// On a connection of its own.
    func execute(_ sql: String) throws {
        let connection = try PostgresConnection.open(configuration())
        defer { connection.close() }
        try connection.command(sql, at: #function)
    }

    func integer(_ sql: String) throws -> Int64 {
        let connection = try PostgresConnection.open(configuration())
        defer { connection.close() }
        return try #require(try connection.first(sql) { try $0.integer(0) })
    }

    /// Ends all other connections to the database whose last statement `condition` holds for.
    func terminate(where condition: String = "true") throws {
        try execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND \(condition)
            """)
    }
}

extension Tag {
    @Tag static var postgres: Self
}

/// Asks again and again until it holds; a test that waits for what does not come fails.
func eventually(
    within limit: Duration = .seconds(20), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

extension StoreError {
    static func code(of body: () async throws -> Void) async -> Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }
}
