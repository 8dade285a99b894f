import ConnectorLogCore
import ConnectorLogTesting

@testable import ConnectorLogPostgres

extension LedgerStore {
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        var erasure = try await postgres.ledger.beginErasure(target, team: team, keyID: keyID, at: at)
        let (entries, faults) = (try await allEntries(team: team), try await allFaults(team: team))
        let inMemory = try await rows.erase(target, team: team, keyID: keyID, at: at)
        let (entriesLeft, faultsLeft) = (try await allEntries(team: team), try await allFaults(team: team))
        let goneEntries = Set(entries.map(\.id)).subtracting(entriesLeft.map(\.id))
        let goneFaults = Set(faults.map(\.id)).subtracting(faultsLeft.map(\.id))
        var losses: [FlowStateKey: FlowStateLoss] = [:]
        for entry in entries where goneEntries.contains(entry.id) {
            guard let state = entry.stateID else { continue }
            let key = FlowStateKey(teamID: team, stateID: state)
            losses[key, default: FlowStateLoss(key: key)].calls += 1
            if entry.outcome == .failed { losses[key]?.failedCalls += 1 }
        }
        for fault in faults where goneFaults.contains(fault.id) {
            guard let state = fault.stateID else { continue }
            let key = FlowStateKey(teamID: team, stateID: state)
            losses[key, default: FlowStateLoss(key: key)].faults += 1
        }
        for key in losses.keys {
            let left = entriesLeft.filter { entry in
                entry.stateID.map { FlowStateKey(teamID: team, stateID: $0) == key } ?? false
            }.map(\.logTime)
            losses[key]?.firstCallAt = left.min()
            losses[key]?.lastCallAt = left.max()
        }
        (erasure.entries, erasure.faults) = (inMemory.entries, inMemory.faults)
        if case .state(let id) = target {
            erasure.states = try await postgres.ledger.removeState(of: erasure).removed
            losses[FlowStateKey(teamID: team, stateID: id)] = nil
        }
        erasure.completedAt = inMemory.completedAt
        let lost = Array(losses.values)
        try await postgres.ledger.complete(erasure, states: Set(losses.keys)) { _ in lost }
        return erasure
    }

    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        try await postgres.ledger.erasures(query)
    }

    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        try await rows.enforceRetention(default: standard, at: now)
        let own = try await postgres.ledger.retentions()
        for team in try await postgres.ledger.teamIDs() {
            guard let limit = (own[team] ?? standard).entryLimit(at: now) else { continue }
            try await postgres.ledger.removeStates(team: team, lastActionBefore: limit)
        }
    }

    private func allEntries(team: Int64) async throws(StoreError) -> [EntrySummary] {
        var query = EntryQuery(teamID: team, order: .oldestFirst, limit: 1000)
        var all: [EntrySummary] = []
        repeat {
            let page = try await rows.entries(query)
            all += page.rows
            query.after = page.next
        } while query.after != nil
        return all
    }

    private func allFaults(team: Int64) async throws(StoreError) -> [RootFault] {
        var query = FaultQuery(teamID: team, limit: 1000)
        var all: [RootFault] = []
        repeat {
            let page = try await rows.faults(query)
            all += page.rows
            query.after = page.next
        } while query.after != nil
        return all
    }
}
