import ConnectorLogCore

/// The rows of a commit's batches together, each with its id.
struct CommitRows: Sendable {
    let connectors: BatchConnectors
    private let batches: [AppendedBatch]
    private let ids: [EntryID]
    private let faults: [RootFault]
    private let commit: UInt64
    private let dialect: Dialect

    init(_ batches: [AppendedBatch], _ commit: any OpenCommit, _ dialect: Dialect) {
        var (times, teams, identifiers): ([Int64], [Int64], TextColumn) = ([], [], TextColumn())
        var ids: [EntryID] = []
        var faults: [RootFault] = []
        var next = 0
        for batch in batches {
            times += batch.entries.logTimes
            teams += batch.entries.teamIDs
            identifiers.append(contentsOf: batch.entries[.connector])
            for _ in 0..<batch.entries.count {
                ids.append(commit.firstID.advanced(by: next))
                next += 1
            }
            for var fault in batch.faults {
                fault.id = commit.firstID.advanced(by: next)
                faults.append(fault)
                next += 1
            }
        }
        (self.batches, self.ids, self.faults) = (batches, ids, faults)
        (self.commit, self.dialect) = (commit.number, dialect)
        connectors = BatchConnectors(times: times, teams: teams, identifiers: identifiers)
    }

    func blocks(times: [Int64]) -> [(table: Table, block: NativeBlock)] {
        var blocks: [(table: Table, block: NativeBlock)] = []
        if !ids.isEmpty {
            blocks += EntryBlocks(batches.map(\.encoded), ids: ids, times: times, commit: commit, dialect: dialect).all
        }
        if !faults.isEmpty {
            blocks.append((Tables.faults, FaultBlock.encode(faults, commit: commit, dialect: dialect)))
        }
        return blocks
    }

    func changes(times: [Int64]) -> CommitChanges {
        var changes = CommitChanges()
        var first = 0
        for batch in batches {
            var entries = batch.entries
            entries.logTimes = Array(times[first..<first + entries.count])
            first += entries.count
            var deltas = FlowStateDeltas(entries)
            for fault in batch.faults { deltas.add(fault) }
            if let last = changes.states.last, last.changes.isEmpty {
                changes.states[changes.states.count - 1].deltas.add(deltas)
                changes.states[changes.states.count - 1].changes = batch.changes
            } else {
                changes.states.append(.init(deltas: deltas, changes: batch.changes))
            }
            changes.pendingParts += batch.pendingParts
            changes.releasedParts += batch.releasedParts
            for fault in batch.faults {
                guard let connector = fault.connectorIdentifier else { continue }
                changes.connectors.insert(ConnectorKey(teamID: fault.teamID, identifier: Array(connector.utf8)))
            }
        }
        for connector in 0..<connectors.count {
            let name = connectors.name(connector)
            changes.connectors.insert(name)
            changes.times[name] = GivenTimes(connectors.rows(of: connector).lazy.map { times[Int($0)] })
        }
        return changes
    }
}
