import ConnectorLogCore

/// What a commit does to each flow state, in the order of its batches.
struct FlowStateSteps {
    private(set) var steps: [FlowStateKey: [FlowStateRow.Step]] = [:]

    /// - Parameter teams: those of others are dropped.
    init(_ states: [CommitChanges.States], teams: Set<Int64>) {
        for batch in states {
            batch.deltas.forEach { key, delta in
                if teams.contains(key.teamID) { steps[key, default: []].append(.delta(delta)) }
            }
            for change in batch.changes where teams.contains(change.teamID) {
                steps[FlowStateKey(teamID: change.teamID, stateID: change.stateID), default: []].append(.change(change))
            }
        }
    }
}
