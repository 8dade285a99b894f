import ConnectorLogTesting
import Testing

/// The battery of all stores on ClickHouse and PostgreSQL.
private func run(_ conformance: StoreConformanceCase, on kind: SharedDatabase.Kind) async throws {
    try await SharedStore.with(kind) { shared in
        let server = try await shared.open()
        let result: Result<Void, any Error>
        do { result = .success(try await conformance.run(shared.underTest(server))) } catch { result = .failure(error) }
        await server.close()
        try result.get()
    }
}

@Suite(.enabled(if: SharedDatabase.Kind.server.isWanted)) struct ClickHouseConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.durabilityCases)
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .server) }
}

/// What is in PostgreSQL alone is the same on any ClickHouse.
@Suite(.enabled(if: SharedDatabase.Kind.today.isWanted)) struct TodaysConformanceTests {
    @Test(arguments: StoreConformance.entryCases)
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .today) }
}

@Suite(.enabled(if: SharedDatabase.Kind.cluster.isWanted)) struct ClusterConformanceTests {
    @Test(arguments: StoreConformance.entryCases)
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .cluster) }
}
