import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Logging
import Testing

@testable import ConnectorLogClickHouse

/// The battery of all stores, entries in a real ClickHouse and the ledger in memory.
@Suite(.enabled(if: TestClickHouse.isWanted)) struct ClickHouseConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func passes(_ conformance: StoreConformanceCase) async throws {
        try await conformance.run(TestStore.make())
    }
}

enum TestStore {
    /// A store in a database of its own.
    static func make(clock: ManualClock = ManualClock()) async throws -> StoreUnderTest {
        let memory = InMemoryStore(clock: clock)
        let store = try await open(ledger: memory, catalog: memory, clock: clock)
        return StoreUnderTest(
            writer: store, reader: store, catalog: memory, keeper: store, pending: store, clock: clock)
    }

    static func address() async throws -> ClickHouseAddress {
        let server = try await TestClickHouse.shared.value
        let name = "test_" + UUID().uuidString.replacing("-", with: "_").lowercased()
        return try ClickHouseAddress("clickhouse://127.0.0.1:\(server.httpPort)/\(name)")
    }

    static func open(
        ledger: any CommitLedger, catalog: any Catalog, clock: ManualClock
    ) async throws -> ClickHouseStore {
        let address = try await address()
        try await ClickHouseMigration(address).run(on: address)
        return try await ClickHouseStore.open(
            address, ledger: ledger, catalog: catalog, now: clock.source,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}
