import ConnectorLogCore
import ConnectorLogPostgres
import ConnectorLogTesting
import Logging
import Testing

@testable import ConnectorLogClickHouse

/// A store on a real ClickHouse and a real PostgreSQL, in databases of its own.
struct SharedStore: Sendable {
    /// So many at a time: each has connections, and there are hundreds of tests.
    private static let slots = AsyncSlots(count: 6)
    /// Kinds of one server that there are.
    static let kinds = [SharedDatabase.Kind.server, .today].filter(\.isWanted)
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    var clickHouse: ClickHouseAddress
    let postgres: PostgresConfiguration
    let clock = ManualClock()
    var searchLimits = SearchLimits()

    static func with(
        _ kind: SharedDatabase.Kind, _ body: (SharedStore) async throws -> Void
    ) async throws {
        try await slots.acquire()
        defer { slots.release() }
        let server = try await TestPostgres.shared()
        let name = try await server.makeDatabase()
        let database = try await SharedDatabase.take(kind)
        let shared = SharedStore(
            clickHouse: database.address,
            postgres: PostgresConfiguration(address: try #require(PostgresAddress(server.url(name)))))
        try await PostgresMigrations.migrate(shared.postgres)
        let result: Result<Void, any Error>
        do { result = .success(try await body(shared)) } catch { result = .failure(error) }
        try await database.giveBack()
        try? await server.drop(name)
        try result.get()
    }

    /// What one server has of the store.
    struct Server: Sendable {
        var postgres: PostgresStore
        var entries: ClickHouseStore

        func close() async {
            await entries.close()
            await postgres.close()
        }
    }

    func open() async throws -> Server {
        let database = try await PostgresStore.open(postgres, now: clock.source, logger: Self.logger)
        let entries = try await ClickHouseStore.open(
            clickHouse, ledger: database.ledger, catalog: database.catalog, searchLimits: searchLimits,
            now: clock.source, logger: Self.logger)
        return Server(postgres: database, entries: entries)
    }

    func underTest(_ server: Server) -> StoreUnderTest {
        StoreUnderTest(
            writer: server.entries, reader: server.entries, catalog: server.postgres.catalog, keeper: server.entries,
            pending: server.entries, clock: clock,
            reopen: {
                await server.close()
                return underTest(try await open())
            })
    }
}
