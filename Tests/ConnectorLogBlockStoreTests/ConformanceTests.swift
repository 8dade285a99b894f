import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct ConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func passesTheBattery(_ example: StoreConformanceCase) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try await example.run(try await Self.underTest(temporary))
    }

    @Test(arguments: StoreConformance.durabilityCases)
    func passesTheBatteryOfWhatOutlivesAProcess(_ example: StoreConformanceCase) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try await example.run(try await Self.underTest(temporary))
    }

    /// The same after everything that can be merged is merged, again and again while the case runs.
    @Test(arguments: StoreConformance.cases)
    func passesTheBatteryWhileItCompacts(_ example: StoreConformanceCase) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let underTest = Self.underTest(store, temporary)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    _ = try? await store.maintenance.compactor.step(isQuiet: true)
                    await Task.yield()
                }
            }
            try await example.run(underTest)
            group.cancelAll()
        }
    }

    static func underTest(_ temporary: TemporaryStore) async throws -> StoreUnderTest {
        underTest(try await temporary.open(), temporary)
    }

    static func underTest(_ store: BlockStore, _ temporary: TemporaryStore) -> StoreUnderTest {
        StoreUnderTest(
            writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: temporary.clock,
            reopen: {
                try await store.close()
                return try await underTest(temporary)
            })
    }
}
