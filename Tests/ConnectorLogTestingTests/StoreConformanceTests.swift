import ConnectorLogTesting
import Testing

@Suite struct StoreConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func inMemoryStorePasses(_ conformance: StoreConformanceCase) async throws {
        try await conformance.run(.inMemory())
    }

    /// The memory outlives a store that only pretends to close, so the cases themselves can be tried.
    @Test(arguments: StoreConformance.durabilityCases)
    func reopenedInMemoryStorePasses(_ conformance: StoreConformanceCase) async throws {
        try await conformance.run(BrokenReopenings.intact())
    }

    @Test func durabilityNeedsAStoreThatOpensAgain() async throws {
        for conformance in StoreConformance.durabilityCases {
            await #expect(throws: ConformanceFailure.self) { try await conformance.run(.inMemory()) }
        }
    }

    @Test func namesOfCasesAreUnique() {
        let names = (StoreConformance.cases + StoreConformance.durabilityCases).map(\.name)
        #expect(Set(names).count == names.count)
    }
}
