import ConnectorLogTesting
import Testing

/// The battery of all stores on ClickHouse and PostgreSQL.
@Suite(.enabled(if: SharedStore.isWanted)) struct ClickHouseConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.durabilityCases)
    func passes(_ conformance: StoreConformanceCase) async throws {
        try await SharedStore.with { shared in
            let server = try await shared.open()
            let result: Result<Void, any Error>
            do { result = .success(try await conformance.run(shared.underTest(server))) } catch {
                result = .failure(error)
            }
            await server.close()
            try result.get()
        }
    }
}
