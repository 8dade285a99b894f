import ConnectorLogCore

extension InMemoryRecords {
    // MARK: - Erasure

    mutating func erase(_ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp, now: Timestamp) -> Erasure {
        var erasure = Erasure(
            number: (erasures.last?.number ?? 0) + 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
        let erasedEntries = removeEntries { entry in
            guard entry.summary.teamID == team else { return false }
            return switch target {
            case .entry(let id): entry.summary.id == id
            case .state(let id): entry.summary.stateID.map { $0.hasBytes(of: id) } ?? false
            case .connector(let identifier): entry.summary.connectorIdentifier.hasBytes(of: identifier)
            }
        }
        let erasedFaults = removeFaults { fault in
            guard fault.teamID == team else { return false }
            return switch target {
            case .entry: false
            case .state(let id): fault.stateID.map { $0.hasBytes(of: id) } ?? false
            case .connector(let identifier): fault.connectorIdentifier.map { $0.hasBytes(of: identifier) } ?? false
            }
        }
        (erasure.entries, erasure.faults) = (erasedEntries.count, erasedFaults.count)
        takeFromStates(erasedEntries, erasedFaults)
        if case .state(let id) = target, states.removeValue(forKey: StatePlace(team: team, id: id)) != nil {
            erasure.states = 1
        }
        erasure.completedAt = now
        erasures.append(erasure)
        return erasure
    }

    private mutating func removeEntries(where isGone: (LogEntry) -> Bool) -> [LogEntry] {
        defer { entries.removeAll(where: isGone) }
        return entries.filter(isGone)
    }

    private mutating func removeFaults(where isGone: (RootFault) -> Bool) -> [RootFault] {
        defer { faults.removeAll(where: isGone) }
        return faults.filter(isGone)
    }

    private mutating func takeFromStates(_ erasedEntries: [LogEntry], _ erasedFaults: [RootFault]) {
        let callsByState = Dictionary(grouping: erasedEntries.map(\.summary)) { Self.place($0.teamID, $0.stateID) }
        for case (let place?, let erased) in callsByState {
            let left = entries.map(\.summary).filter { Self.place($0.teamID, $0.stateID) == place }.map(\.logTime)
            states[place]?.take(calls: erased, firstLeft: left.min(), lastLeft: left.max())
        }
        for case (let place?, let erased) in Dictionary(
            grouping: erasedFaults, by: { Self.place($0.teamID, $0.stateID) })
        {
            states[place]?.take(faults: erased.count)
        }
    }

    private static func place(_ team: Int64, _ state: String?) -> StatePlace? {
        state.map { StatePlace(team: team, id: $0) }
    }

    func erasures(_ query: ErasureQuery) -> [Erasure] {
        Array(
            erasures.reversed()
                .filter { $0.teamID == query.teamID && $0.number < query.before ?? .max }
                .prefix(query.limit))
    }

    // MARK: - Retention

    mutating func setRetention(_ retention: Retention?, team: Int64) -> Bool {
        guard teams[team] != nil else { return false }
        retentions[team] = retention
        return true
    }

    mutating func enforceRetention(default standard: Retention, at now: Timestamp) {
        func entryLimit(_ team: Int64) -> Timestamp? { (retentions[team] ?? standard).entryLimit(at: now) }
        func detailLimit(_ team: Int64) -> Timestamp? { (retentions[team] ?? standard).detailLimit(at: now) }
        func isOver(_ time: Timestamp, _ limit: Timestamp?) -> Bool { limit.map { time < $0 } ?? false }

        entries.removeAll { isOver($0.summary.logTime, entryLimit($0.summary.teamID)) }
        faults.removeAll { isOver($0.occurredAt, entryLimit($0.teamID)) }
        states = states.filter { !isOver($0.value.state.lastActionAt, entryLimit($0.key.team)) }
        for row in entries.indices
        where entries[row].detailsRemovedAt == nil
            && isOver(entries[row].summary.logTime, detailLimit(entries[row].summary.teamID))
        {
            entries[row] = LogEntry(summary: entries[row].summary)
            entries[row].detailsRemovedAt = now
        }
        for row in faults.indices
        where faults[row].detailsRemovedAt == nil && isOver(faults[row].occurredAt, detailLimit(faults[row].teamID)) {
            faults[row].responseHeaders = []
            faults[row].responseBody = nil
            faults[row].receipt = []
            faults[row].detailsRemovedAt = now
        }
    }
}
