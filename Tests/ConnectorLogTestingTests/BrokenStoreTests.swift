import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// The battery itself on trial: it has to find what is wrong with broken stores.
@Suite struct BrokenStoreTests {
    private static let cases = StoreConformance.cases + StoreConformance.durabilityCases
    private static let variants =
        BrokenWriters.all + BrokenReaders.all + BrokenFlows.all + BrokenCounts.all + BrokenCatalogs.all
        + BrokenSecrets.all + BrokenKeepers.all + BrokenPending.all + BrokenReopenings.all

    /// Whether the case finds a defect, by its own failure or by an error of the store.
    private func fails(_ conformance: StoreConformanceCase, on store: StoreUnderTest) async -> Bool {
        do {
            try await conformance.run(store)
            return false
        } catch {
            return true
        }
    }

    @Test(arguments: variants)
    func defectIsFound(_ variant: BrokenVariant) async throws {
        #expect(!variant.caughtBy.isEmpty)
        for name in variant.caughtBy {
            let conformance = try #require(Self.cases.first { $0.name == name }, "there is no case \(name)")
            #expect(await fails(conformance, on: variant.make()), "\(name) does not find it")
        }
    }

    /// Failures come from defects, not from the hooks around them. Cases that take a second each are left out.
    @Test(
        arguments: StoreConformance.cases.filter { conformance in
            !["batchesOfTwentyThousand", "eachFilterTakesWhatItSays", "filtersTogetherTakeWhatAllTake"]
                .contains(conformance.name)
        })
    func hooksAloneBreakNothing(_ conformance: StoreConformanceCase) async throws {
        let intact = BrokenVariant.log("intact") { _ in }
        try await conformance.run(intact.make())
    }

    @Test(arguments: StoreConformance.cases)
    func everyCaseFailsOnAStoreThatStoresNothing(_ conformance: StoreConformanceCase) async {
        let clock = ManualClock()
        let store = ForgetfulStore()
        let forgetful = StoreUnderTest(
            writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: clock)
        #expect(await fails(conformance, on: forgetful))
    }

    /// A case that no defect names may be one that finds nothing.
    @Test func everyCaseFindsSomeDefect() {
        let named = Set(Self.variants.flatMap(\.caughtBy))
        let unnamed = Self.cases.map(\.name).filter { !named.contains($0) && !$0.hasPrefix("agreesWithTheModel") }
        #expect(unnamed == [])
    }
}
