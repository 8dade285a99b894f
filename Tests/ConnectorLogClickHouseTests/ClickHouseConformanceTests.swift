import ConnectorLogClickHouse
import ConnectorLogTesting
import Foundation
import Testing

/// All cases run everywhere where somebody asks for it, which takes a quarter of an hour.
private func cases(_ usual: [StoreConformanceCase]) -> [StoreConformanceCase] {
    let isWhole = ProcessInfo.processInfo.environment["CONNECTORLOG_TEST_WHOLE_BATTERY"] != nil
    return isWhole ? StoreConformance.cases + StoreConformance.durabilityCases : usual
}

/// The battery of all stores on ClickHouse and PostgreSQL.
private func run(
    _ conformance: StoreConformanceCase, on kind: SharedDatabase.Kind, _ limits: SearchLimits = SearchLimits()
) async throws {
    try await SharedStore.with(kind) { shared in
        var shared = shared
        shared.searchLimits = limits
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

    /// Cases have few entries, which are found in one way. The others have to find the same.
    @Test(arguments: StoreConformance.pageCases, [SearchLimits.timesFirst, .spans])
    func passes(_ conformance: StoreConformanceCase, _ limits: SearchLimits) async throws {
        try await run(conformance, on: .server, limits)
    }
}

extension SearchLimits {
    fileprivate static let timesFirst = SearchLimits(readTogether: 0, sortedAtOnce: .max)
    fileprivate static let spans = SearchLimits(readTogether: 0, sortedAtOnce: 0)
}

@Suite(.enabled(if: SharedDatabase.Kind.today.isWanted)) struct TodaysConformanceTests {
    @Test(arguments: cases(StoreConformance.logCases))
    func passes(_ conformance: StoreConformanceCase) async throws { try await run(conformance, on: .today) }
}

@Suite(.enabled(if: SharedDatabase.Kind.cluster.isWanted)) struct ClusterConformanceTests {
    @Test(arguments: cases(StoreConformance.spreadCases))
    func passes(_ conformance: StoreConformanceCase) async throws {
        try await run(conformance, on: .cluster, .timesFirst)
    }
}
