/// One thing that every store has to do.
package struct StoreConformanceCase: Sendable, CustomStringConvertible {
    package let name: String
    /// Throws `ConformanceFailure` when the store, fresh and empty, does not.
    package let run: @Sendable (StoreUnderTest) async throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (StoreUnderTest) async throws -> Void) {
        (self.name, self.run) = (name, run)
    }

    package var description: String { name }
}

/// The battery that every store passes, a case for each line of the ports' contract. A store's tests run it so:
///
///     @Test(arguments: StoreConformance.cases)
///     func passes(_ conformance: StoreConformanceCase) async throws {
///         try await conformance.run(makeEmptyStore())
///     }
///
/// Each case takes a store of its own, without teams; cases may run at the same time.
package enum StoreConformance {
    /// For all stores.
    package static let cases: [StoreConformanceCase] =
        casesOfLogs + IdentifierCases.all + IdempotencyCases.all + FlowStateCases.all + LateChangeCases.all
        + FlowListCases.all + LaunchCases.all + TeamCases.all + KeyCases.all + ConnectorCases.all + SecretCases.all
        + AuditCases.all + PendingCases.all + ModelCases.all

    private static let casesOfLogs: [StoreConformanceCase] =
        spreadCases + BodyAndHeaderCases.all + FilterCases.all + TextFilterCases.all + OutcomeCases.all
        + StatisticsCases.all

    /// Those that look at how rows are written, found again, ordered, counted and removed: for a store that spreads them over
    /// servers, and passes all the others on one.
    package static let spreadCases: [StoreConformanceCase] =
        RoundTripCases.all + LogTimeCases.all + PagingCases.all + ConcurrencyCases.all + BatchCases.all
        + FaultCases.all + CountCases.all + ErasureCases.all + RetentionCases.all

    /// Of them, what is about pages of entries.
    package static let pageCases: [StoreConformanceCase] =
        PagingCases.all + FilterCases.all + TextFilterCases.all + LogTimeCases.all

    /// For stores that can be opened again; a case fails on a store without `reopen`.
    package static let durabilityCases: [StoreConformanceCase] =
        DurabilityCases.all + SecretCases.durable + AuditCases.durable + ErasureCases.durable + RetentionCases.durable
        + PendingCases.durable + ModelCases.durable

    /// Of both, what the store of entries and root faults answers, with one seed of each randomised comparison: for another
    /// database in its place, behind a store that passes all of them.
    package static let logCases: [StoreConformanceCase] =
        casesOfLogs + DurabilityCases.all + [ModelCases.all[0], ModelCases.durable[0]]
}
