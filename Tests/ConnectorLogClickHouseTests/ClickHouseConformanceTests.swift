import ConnectorLogTesting
import Foundation
import Testing

/// All cases, where somebody asks for them: it takes long, and what PostgreSQL alone answers is the same on any ClickHouse.
private let everywhere =
    ProcessInfo.processInfo.environment["CONNECTORLOG_TEST_WHOLE_BATTERY"] == nil
    ? StoreConformance.logCases : StoreConformance.cases + StoreConformance.durabilityCases

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

@Suite(.enabled(if: SharedDatabase.Kind.today.isWanted)) struct TodaysConformanceTests {
    @Test(arguments: everywhere)
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .today) }
}

@Suite(.enabled(if: SharedDatabase.Kind.cluster.isWanted)) struct ClusterConformanceTests {
    @Test(arguments: everywhere)
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .cluster) }
}
