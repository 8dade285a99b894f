/// What servers that store entries in one place agree on, where that place has no transactions of its own: whose commit is
/// stored and whose is not, which ids and times are given, and what flow states have become. One database with transactions
/// holds it.
///
/// The life of a commit:
/// 1. `begin` opens a transaction that holds the commit's idempotency tokens and connectors, so that no other commit of them
///    runs beside it, and notes its number, durably and for all to see, as open.
/// 2. The server writes the entries, each with the commit's number, to the store of entries, and meanwhile, by
///    `OpenCommit.write`, the rest to the transaction of step 1.
/// 3. `OpenCommit.finish` takes the number from the open ones and ends that transaction: from then on, and not before, all of
///    the commit is there.
///
/// Whatever ends a commit before that, it is abandoned: its rows may be in the store of entries, and count for nothing. Readers
/// look by a `CommitSnapshot`, which says what to leave out; `abandoned` tells what may be removed.
package protocol CommitLedger: FlowStateReader, PendingCalls {
    /// Waits while another commit holds a token or a connector of this one.
    func begin(_ proposal: CommitProposal) async throws(StoreError) -> any OpenCommit
    /// What is committed at this moment.
    func snapshot() async throws(StoreError) -> CommitSnapshot
    /// What is committed at this moment, and how much that is of a team's connector, or of all of a team's for nil.
    func snapshot(
        team: Int64, connector: String?
    ) async throws(StoreError) -> (snapshot: CommitSnapshot, extent: EntryExtent)

    /// Notes those as abandoned whose server is gone, and returns all that were abandoned before `time`.
    func abandoned(before time: Timestamp) async throws(StoreError) -> [UInt64]
    /// None of their rows is left, and none can come.
    func forget(abandoned commits: [UInt64]) async throws(StoreError)
    /// Forgets idempotency tokens from before `time`.
    func forgetAnswers(before time: Timestamp) async throws(StoreError)

    /// Notes an erasure as under way.
    func beginErasure(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure
    /// By number, the greatest first; at most `limit`.
    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure]
    /// Those under way, of all teams.
    func openErasures() async throws(StoreError) -> [Erasure]
    /// Takes an erasure up, and says how far it is. Who does so first removes the flow state that it is of, and notes that and
    /// what was committed at that moment: what is committed later is not erased, and begins the state anew.
    func takeUp(_ erasure: Erasure) async throws(StoreError) -> ErasureProgress
    /// Notes what an erasure removes, durably, before the first row goes: afterwards nobody could count it.
    /// - Returns: what holds: where two servers plan the same erasure, the plan of the first.
    func note(_ plan: ErasurePlan, of erasure: Erasure) async throws(StoreError) -> ErasureProgress
    /// Notes an erasure as completed, with its counts, and takes what it removed from flow states: in one transaction, which
    /// holds the states from before `losses` is asked, so that no commit changes them meanwhile.
    /// - Parameter losses: given what is committed at that moment, says what the states lose, each one of `states`.
    func complete(
        _ erasure: Erasure, states: Set<FlowStateKey>,
        losses: @Sendable (CommitSnapshot) async throws(StoreError) -> [FlowStateLoss]
    ) async throws(StoreError)

    /// What teams say of retention; teams that say nothing are not there.
    func retentions() async throws(StoreError) -> [Int64: Retention]
    /// Removes a team's flow states whose last action is before `time`.
    func removeStates(team: Int64, lastActionBefore time: Timestamp) async throws(StoreError)
    /// All teams that there are.
    func teamIDs() async throws(StoreError) -> [Int64]
}

/// The queries of `LogReader` that flow states answer, as it says.
package protocol FlowStateReader: Sendable {
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary>
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState>
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState?
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches]
}

/// A team's connector by the bytes of its identifier: `String` itself compares by canonical equivalence.
package struct ConnectorKey: Hashable, Comparable, Sendable {
    package var teamID: Int64
    package var identifier: [UInt8]

    package init(teamID: Int64, identifier: [UInt8]) {
        (self.teamID, self.identifier) = (teamID, identifier)
    }

    package static func < (a: ConnectorKey, b: ConnectorKey) -> Bool {
        a.teamID == b.teamID ? a.identifier.lexicographicallyPrecedes(b.identifier) : a.teamID < b.teamID
    }
}

/// Some batches that are to be stored by one commit.
package struct CommitProposal: Sendable {
    /// One a batch.
    package var answers: [IdempotentAnswer?]
    /// One a batch: `RedactedBatch.secretVersions`. A batch by older secrets than the catalog's is refused as `overloaded`: who
    /// sends it again has it redacted by those.
    package var secretVersions: [[Int64: Int64]]
    /// Of all entries.
    package var connectors: Set<ConnectorKey>
    /// Of all rows.
    package var teams: Set<Int64>
    /// Now.
    package var at: Timestamp

    /// - Precondition: as many `secretVersions` as `answers`.
    package init(
        answers: [IdempotentAnswer?], secretVersions: [[Int64: Int64]], connectors: Set<ConnectorKey>,
        teams: Set<Int64>, at: Timestamp
    ) {
        self.secretVersions = secretVersions
        (self.answers, self.connectors, self.teams, self.at) = (answers, connectors, teams, at)
    }
}

/// What the ledger knows of a connector when a commit begins.
package struct ConnectorTimes: Hashable, Sendable {
    /// No later `log_time` was ever given; nil when none was.
    package var latest: Int64?
    /// The last commit that gave times; 0 when none did. A server that knows it, and all before it, knows all times.
    package var lastCommit: UInt64

    package init(latest: Int64?, lastCommit: UInt64) {
        (self.latest, self.lastCommit) = (latest, lastCommit)
    }
}

/// A commit that has begun and not ended. One of `finish` and `abandon` has to be called, once.
package protocol OpenCommit: Sendable {
    /// Rises from commit to commit, begins with 1.
    var number: UInt64 { get }
    /// The first of the commit's ids, above all of commits that began before, as many as a commit may have.
    var firstID: EntryID { get }
    /// One a batch: what became of its token. Batches that are not `stored` are no part of the commit.
    var results: [Result<AppendResult, StoreError>] { get }
    /// Those of the proposal's teams that exist.
    var teams: Set<Int64> { get }
    var times: [ConnectorKey: ConnectorTimes] { get }

    /// Writes what it changes beside the store of entries, for nobody to see before `finish`; once. When it throws, the commit
    /// has to be abandoned.
    func write(_ changes: CommitChanges) async throws(StoreError)
    /// Returns when the commit is durable. Throws when it is abandoned; when that cannot be known, `failed`.
    func finish() async throws(StoreError)
    /// Gives all up that was begun.
    func abandon() async
}

extension OpenCommit {
    /// Both steps of a commit whose entries are written.
    package func finish(_ changes: CommitChanges) async throws(StoreError) {
        do throws(StoreError) {
            try await write(changes)
        } catch {
            await abandon()
            throw error
        }
        try await finish()
    }
}

/// The `log_time`s of a connector's entries in a commit.
package struct GivenTimes: Hashable, Sendable {
    package var latest: Int64
    package var count: Int

    package init(latest: Int64, count: Int) { (self.latest, self.count) = (latest, count) }

    /// - Precondition: there are some.
    package init(_ times: some Collection<Int64>) {
        self.init(latest: times.max() ?? .min, count: times.count)
    }
}

/// How much a search may find, so that it can be planned.
package struct EntryExtent: Hashable, Sendable {
    /// No entry has a later `log_time`; nil when there is none.
    package var latest: Timestamp?
    /// At most so many entries there are; nil when nobody counted them.
    package var entries: Int?

    package init(latest: Timestamp?, entries: Int?) { (self.latest, self.entries) = (latest, entries) }
}

/// What a commit changes beside the store of entries.
package struct CommitChanges: Sendable {
    /// What batches say of flow states: in their order, in each its entries and faults before its changes.
    package struct States: Sendable {
        package var deltas: FlowStateDeltas
        package var changes: [StateChange]

        package init(deltas: FlowStateDeltas, changes: [StateChange]) {
            (self.deltas, self.changes) = (deltas, changes)
        }
    }

    package var states: [States] = []
    /// Of entries and faults, to be registered where the catalog does not have them.
    package var connectors: Set<ConnectorKey> = []
    /// That were given to each connector with an entry.
    package var times: [ConnectorKey: GivenTimes] = [:]
    package var pendingParts: [PendingPart] = []
    package var releasedParts: [Int64] = []

    package init() {}
}

/// Which rows of the store of entries count.
package struct CommitSnapshot: Hashable, Sendable {
    /// Rows of later commits do not.
    package var last: UInt64
    /// Nor do those of these: open ones, and abandoned ones.
    package var hidden: [UInt64]

    package init(last: UInt64, hidden: [UInt64]) {
        (self.last, self.hidden) = (last, hidden)
    }
}

package enum ErasureProgress: Equatable, Sendable {
    /// Nothing is counted or removed yet but the flow states that it is of, so many.
    case begun(CommitSnapshot, states: Int)
    case planned(ErasurePlan, states: Int)
    case completed(Erasure)
}

/// What an erasure removes, counted while all of it was there. However often the erasure is cut short and taken up again, it
/// removes these rows and tells these numbers.
package struct ErasurePlan: Hashable, Sendable {
    /// Rows that came later stay.
    package var snapshot: CommitSnapshot
    package var entries: Int
    package var faults: Int
    /// Of each state once, in order; without the times of the calls that are left.
    package var losses: [FlowStateLoss]

    package init(snapshot: CommitSnapshot, entries: Int, faults: Int, losses: [FlowStateLoss]) {
        (self.snapshot, self.entries, self.faults, self.losses) = (snapshot, entries, faults, losses)
    }
}

/// What an erasure takes from a flow state.
package struct FlowStateLoss: Hashable, Sendable {
    package var key: FlowStateKey
    package var calls: Int
    package var failedCalls: Int
    package var faults: Int
    /// Of the calls that are left; nil when none is. Without a lost call these count for nothing.
    package var firstCallAt: Timestamp?
    package var lastCallAt: Timestamp?

    package init(key: FlowStateKey, calls: Int = 0, failedCalls: Int = 0, faults: Int = 0) {
        (self.key, self.calls, self.failedCalls, self.faults) = (key, calls, failedCalls, faults)
    }
}
