import ConnectorLogCore
import ConnectorLogPostgres
import ConnectorLogTesting
import Foundation
import Logging
import Testing

@testable import ConnectorLogClickHouse

/// A store on a real ClickHouse and a real PostgreSQL, in databases of its own.
struct SharedStore: Sendable {
    enum Kind: Hashable, Sendable, CaseIterable {
        /// The oldest ClickHouse that is spoken to.
        case server
        /// ClickHouse as it is today.
        case today

        var isWanted: Bool {
            switch self {
            case .server: TestClickHouse.isWanted && TestPostgres.isWanted
            case .today: TestChdb.isWanted && TestPostgres.isWanted
            }
        }
    }

    /// So many at a time: each has connections, and there are hundreds of tests.
    private static let slots = AsyncSlots(count: 4)
    /// Kinds that there are.
    static let kinds = Kind.allCases.filter(\.isWanted)
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let clickHouse: ClickHouseAddress
    let postgres: PostgresConfiguration
    let clock = ManualClock()

    static func with(_ kind: Kind, _ body: (SharedStore) async throws -> Void) async throws {
        try await slots.acquire()
        defer { slots.release() }
        let server = try await TestPostgres.shared()
        let name = try await server.makeDatabase()
        let shared = SharedStore(
            clickHouse: try await address(kind),
            postgres: PostgresConfiguration(address: try #require(PostgresAddress(server.url(name)))))
        try await PostgresMigrations.migrate(shared.postgres)
        try await ClickHouseMigration(shared.clickHouse).run(on: shared.clickHouse)
        let result: Result<Void, any Error>
        do { result = .success(try await body(shared)) } catch { result = .failure(error) }
        let client = ClickHouseClient(shared.clickHouse, database: nil)
        _ = try? await client.query("DROP DATABASE \(shared.clickHouse.database)", "the end of a test")
        await client.close()
        try? await server.drop(name)
        try result.get()
    }

    private static func address(_ kind: Kind) async throws -> ClickHouseAddress {
        let port =
            switch kind {
            case .server: try await TestClickHouse.shared().httpPort
            case .today: try await TestChdb.shared().httpPort
            }
        let name = "test_" + UUID().uuidString.replacing("-", with: "_").lowercased()
        return try ClickHouseAddress("clickhouse://127.0.0.1:\(port)/\(name)")
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
            clickHouse, ledger: database.ledger, catalog: database.catalog, now: clock.source, logger: Self.logger)
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
