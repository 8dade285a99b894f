import ConnectorLogCore

/// All that an `InMemoryStore` knows.
struct InMemoryRecords: Sendable {
    // MARK: The log, in the order of commits

    var entries: [LogEntry] = []
    var faults: [RootFault] = []
    var states: [StatePlace: FlowStateHistory] = [:]
    /// For each `log_time` that is taken, a time up to which no other is free.
    private var takenTimes: [TimePlace: Int64] = [:]
    private var answers: [[UInt8]: IdempotentAnswer] = [:]
    /// By number, rising.
    var erasures: [Erasure] = []
    /// By number, rising.
    var pendingParts: [(number: Int64, part: PendingPart)] = []
    /// When events were told that are not to be told again.
    var toldEvents: [[UInt8]: Timestamp] = [:]
    var lastPendingNumber: Int64 = 0

    // MARK: The catalog

    var teams: [Int64: Team] = [:]
    var deletedTeams: Set<Int64> = []
    var retentions: [Int64: Retention] = [:]
    var keys: [(key: APIKey, hash: [UInt8])] = []
    var connectors: [ConnectorPlace: (connector: Connector, logo: Logo?)] = [:]
    var secrets: [SecretRecord] = []
    var sealedKeys: [String: [UInt8]] = [:]
    var redactionRules: [Int64: String] = [:]
    /// Of each team and of the owner, by number, rising.
    var audit: [Int64?: [AuditRecord]] = [:]
    var lastAuditNumber: Int64 = 0

    // MARK: Ids

    private var random: SeededRandom
    private var lastMilliseconds: UInt64 = 0
    private var nextCounter: UInt32 = 0

    init(random: SeededRandom) {
        self.random = random
    }

    // MARK: - Append

    mutating func append(
        _ batch: RedactedBatch, idempotency: IdempotentAnswer?, now: Timestamp
    ) throws(StoreError) -> AppendResult {
        if let idempotency, let first = answers[idempotency.token] {
            guard first.fingerprint == idempotency.fingerprint else {
                throw StoreError(.idempotencyMismatch, "the key was used with another body")
            }
            return .replayed(answer: first.answer)
        }
        // Before anything changes, so that a row that does not decode leaves nothing behind.
        let rows = try batch.entries.decoded()
        store(rows, batch.faults, batch.states, now: now)
        hold(batch.pendingParts, now: now)
        let released = Set(batch.releasedParts)
        pendingParts.removeAll { released.contains($0.number) }
        if let idempotency { answers[idempotency.token] = idempotency }
        return .stored
    }

    private mutating func store(
        _ rows: [LogEntry], _ newFaults: [RootFault], _ changes: [StateChange], now: Timestamp
    ) {
        let firstID = takeIDs(count: rows.count + newFaults.count, now: now)
        for (row, entry) in rows.enumerated() where !deletedTeams.contains(entry.summary.teamID) {
            var entry = entry
            let team = entry.summary.teamID
            entry.summary.id = firstID.advanced(by: row)
            entry.summary.logTime = takeTime(
                entry.summary.logTime,
                connector: ConnectorPlace(team: team, identifier: entry.summary.connectorIdentifier))
            entries.append(entry)
            register(entry.summary.connectorIdentifier, team: team, at: now)
            if let stateID = entry.summary.stateID {
                update(stateID, team: team, at: entry.summary.logTime) { $0.note(call: entry.summary) }
            }
        }
        for (row, fault) in newFaults.enumerated() where !deletedTeams.contains(fault.teamID) {
            var fault = fault
            fault.id = firstID.advanced(by: rows.count + row)
            faults.append(fault)
            if let connector = fault.connectorIdentifier { register(connector, team: fault.teamID, at: now) }
            if let stateID = fault.stateID {
                update(stateID, team: fault.teamID, at: fault.occurredAt) { $0.note(fault: fault) }
            }
        }
        for change in changes where !deletedTeams.contains(change.teamID) {
            update(change.stateID, team: change.teamID, at: change.updatedAt) { $0.note(change: change) }
        }
    }

    /// The first id of `count` that follow one another, behind all that were given before, whatever the clock does.
    private mutating func takeIDs(count: Int, now: Timestamp) -> EntryID {
        let milliseconds = UInt64(max(0, now.microseconds / 1000))
        if milliseconds > lastMilliseconds {
            (lastMilliseconds, nextCounter) = (milliseconds, 0)
        } else if UInt64(nextCounter) + UInt64(count) > UInt64(UInt32.max) {
            (lastMilliseconds, nextCounter) = (lastMilliseconds + 1, 0)
        }
        defer { nextCounter += UInt32(count) }
        return EntryID(milliseconds: lastMilliseconds, counter: nextCounter, random: random.next())
    }

    /// The first time at or after `wanted` that no entry of the connector has.
    private mutating func takeTime(_ wanted: Timestamp, connector: ConnectorPlace) -> Timestamp {
        let wanted = wanted.microseconds
        var time = wanted
        while let next = takenTimes[TimePlace(connector: connector, microseconds: time)] { time = next }
        takenTimes[TimePlace(connector: connector, microseconds: time)] = time + 1
        // Many ties at one instant do not walk the same way again.
        takenTimes[TimePlace(connector: connector, microseconds: wanted)] = time + 1
        return Timestamp(microseconds: time)
    }

    private mutating func update(
        _ stateID: String, team: Int64, at time: Timestamp, _ change: (inout FlowStateHistory) -> Void
    ) {
        let place = StatePlace(team: team, id: stateID)
        change(&states[place, default: FlowStateHistory(teamID: team, stateID: stateID, firstSeenAt: time)])
    }

    private mutating func register(_ identifier: String, team: Int64, at now: Timestamp) {
        let place = ConnectorPlace(team: team, identifier: identifier)
        guard connectors[place] == nil else { return }
        let configuration = Connector.Configuration(version: 1, json: "{}", createdAt: now, updatedAt: now)
        connectors[place] = (
            Connector(
                identifier: identifier, teamID: team, name: identifier, description: nil, logoName: nil,
                createdAt: now, updatedAt: now, configuration: configuration), nil
        )
    }
}

/// A state of a team, by the bytes of its id.
struct StatePlace: Hashable {
    let team: Int64
    private let bytes: [UInt8]

    init(team: Int64, id: String) {
        (self.team, bytes) = (team, Array(id.utf8))
    }
}

/// A connector of a team, by the bytes of its identifier.
struct ConnectorPlace: Hashable {
    let team: Int64
    private let bytes: [UInt8]

    init(team: Int64, identifier: String) {
        (self.team, bytes) = (team, Array(identifier.utf8))
    }
}

private struct TimePlace: Hashable {
    let connector: ConnectorPlace
    let microseconds: Int64
}
