package import ConnectorLogCore

/// What a store of entries beside this one agrees on with others: all but entries and root faults is kept here.
extension InMemoryStore: CommitLedger {
    package func begin(_ proposal: CommitProposal) async throws(StoreError) -> any OpenCommit {
        try await commitLane.acquire()
        return try with { records in
            records.lastCommit += 1
            records.openCommits.insert(records.lastCommit)
            var used = records.answers
            let results: [Result<AppendResult, StoreError>] = proposal.answers.map { answer in
                guard let answer else { return .success(.stored) }
                guard let first = used[answer.token] else {
                    used[answer.token] = answer
                    return .success(.stored)
                }
                guard first.fingerprint == answer.fingerprint else {
                    return .failure(StoreError(.idempotencyMismatch, "the key was used with another body"))
                }
                return .success(.replayed(answer: first.answer))
            }
            // As many as a commit may have.
            let firstID = records.takeIDs(count: 1 << 24, now: proposal.at)
            return InMemoryCommit(
                number: records.lastCommit, firstID: firstID, results: results,
                teams: proposal.teams.intersection(records.teams.keys),
                times: Dictionary(
                    uniqueKeysWithValues: proposal.connectors.map { connector in
                        (connector, records.commitTimes[connector] ?? ConnectorTimes(latest: nil, lastCommit: 0))
                    }),
                proposal: proposal, store: self)
        }
    }

    package func snapshot() async throws(StoreError) -> CommitSnapshot {
        try with { records in
            let hidden = records.openCommits.union(records.abandonedCommits.keys)
            return CommitSnapshot(last: records.lastCommit, hidden: hidden.sorted())
        }
    }

    package func abandoned(before time: Timestamp) async throws(StoreError) -> [UInt64] {
        try with { records in records.abandonedCommits.filter { $0.value < time }.keys.sorted() }
    }

    package func forget(abandoned commits: [UInt64]) async throws(StoreError) {
        try with { records in for commit in commits { records.abandonedCommits[commit] = nil } }
    }

    /// They carry no time here: none is forgotten.
    package func forgetAnswers(before time: Timestamp) async throws(StoreError) {}

    package func beginErasure(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        try with { records in
            let last = max(records.erasures.last?.number ?? 0, records.openErasures.last?.number ?? 0)
            let erasure = Erasure(number: last + 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
            records.openErasures.append(erasure)
            return erasure
        }
    }

    package func openErasures() async throws(StoreError) -> [Erasure] { try with { $0.openErasures } }

    package func removeState(of erasure: Erasure) async throws(StoreError) -> (removed: Int, snapshot: CommitSnapshot) {
        try await commitLane.acquire()
        defer { commitLane.release() }
        let removed = try with { records in
            guard case .state(let id) = erasure.target else { return 0 }
            return records.states.removeValue(forKey: StatePlace(team: erasure.teamID, id: id)) == nil ? 0 : 1
        }
        return (removed, try await snapshot())
    }

    package func complete(
        _ erasure: Erasure, states: Set<FlowStateKey>,
        losses: @Sendable (CommitSnapshot) async throws(StoreError) -> [FlowStateLoss]
    ) async throws(StoreError) {
        try await commitLane.acquire()
        defer { commitLane.release() }
        let losses = try await losses(try await snapshot())
        try with { records in
            for loss in losses {
                records.states[StatePlace(team: loss.key.teamID, id: loss.key.stateID)]?.take(loss)
            }
            records.openErasures.removeAll { $0.number == erasure.number }
            records.erasures.append(erasure)
        }
    }

    package func retentions() async throws(StoreError) -> [Int64: Retention] { try with { $0.retentions } }

    package func removeStates(team: Int64, lastActionBefore time: Timestamp) async throws(StoreError) {
        try with { records in
            records.states = records.states.filter { $0.key.team != team || $0.value.state.lastActionAt >= time }
        }
    }

    package func teamIDs() async throws(StoreError) -> [Int64] { try with { $0.teams.keys.sorted() } }

    fileprivate func finish(
        _ changes: CommitChanges, _ commit: InMemoryCommit
    ) throws(StoreError) {
        let now = now()
        try with { records in
            records.apply(changes, commit.number, at: now)
            for (answer, result) in zip(commit.proposal.answers, commit.results) {
                if let answer, case .success(.stored) = result { records.answers[answer.token] = answer }
            }
            records.openCommits.remove(commit.number)
        }
    }

    fileprivate func abandon(_ number: UInt64) {
        let now = now()
        try? with { records in
            records.openCommits.remove(number)
            records.abandonedCommits[number] = now
        }
    }
}

extension InMemoryRecords {
    fileprivate mutating func apply(_ changes: CommitChanges, _ number: UInt64, at now: Timestamp) {
        for connector in changes.connectors {
            register(String(decoding: connector.identifier, as: UTF8.self), team: connector.teamID, at: now)
        }
        for (connector, time) in changes.latestTimes {
            let before = commitTimes[connector]?.latest ?? time
            commitTimes[connector] = ConnectorTimes(latest: max(before, time), lastCommit: number)
        }
        for states in changes.states {
            states.deltas.forEach { key, delta in
                update(key.stateID, team: key.teamID, at: Timestamp(microseconds: delta.first)) { $0.note(delta) }
            }
            for change in states.changes {
                update(change.stateID, team: change.teamID, at: change.updatedAt) { $0.note(change: change) }
            }
        }
        hold(changes.pendingParts, now: now)
        let released = Set(changes.releasedParts)
        pendingParts.removeAll { released.contains($0.number) }
    }
}

private struct InMemoryCommit: OpenCommit {
    let number: UInt64
    let firstID: EntryID
    let results: [Result<AppendResult, StoreError>]
    let teams: Set<Int64>
    let times: [ConnectorKey: ConnectorTimes]
    let proposal: CommitProposal
    let store: InMemoryStore

    func finish(_ changes: CommitChanges) async throws(StoreError) {
        defer { store.commitLane.release() }
        try store.finish(changes, self)
    }

    func abandon() async {
        store.abandon(number)
        store.commitLane.release()
    }
}
