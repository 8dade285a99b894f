import ConnectorLogCore
import Logging
import Synchronization

/// A commit whose transaction is under way. One that is dropped gives its connection up; its number is then abandoned
/// when `PostgresLedger.abandoned` meets it.
final class PostgresOpenCommit: OpenCommit {
    let number: UInt64
    let firstID: EntryID
    let results: [Result<AppendResult, StoreError>]
    let teams: Set<Int64>
    let times: [ConnectorKey: ConnectorTimes]

    private let begunAt: Timestamp
    let lease: PostgresLease
    private let place: CommitPlaces.Place
    private let numbers: CommitNumbers
    private let timing: PostgresTiming
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let hasEnded = Atomic(false)
    /// Written by `finish`.
    private let parts = Mutex<(new: [PendingPart], released: [Int64])>(([], []))

    init(
        _ drawn: CommitNumbers.Drawn, _ admission: CommitAdmission, begunAt: Timestamp, lease: PostgresLease,
        place: CommitPlaces.Place, numbers: CommitNumbers, timing: PostgresTiming,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        (number, firstID) = (drawn.number, drawn.firstID)
        (results, teams, times) = (admission.results, admission.teams, admission.times)
        (self.begunAt, self.lease, self.place, self.numbers) = (begunAt, lease, place, numbers)
        (self.timing, self.now, self.logger) = (timing, now, logger)
    }

    deinit {
        if hasEnded.load(ordering: .relaxed) { return }
        logger.error("a commit was dropped", metadata: ["commit": "\(number)"])
    }

    func write(_ changes: CommitChanges) async throws(StoreError) {
        guard !hasEnded.load(ordering: .relaxed) else { throw StoreError(.failed, "the commit has ended") }
        let (number, teams, time) = (number, teams, begunAt)
        let result = await lease.run { connection in
            try CommitEnd(number: number, at: time, connection: connection).write(changes, knownTeams: teams)
        }
        if case .failure(let error) = result { throw StoreError(postgres: error) }
        parts.withLock {
            $0 = (changes.pendingParts.filter { teams.contains($0.key.teamID) }, changes.releasedParts)
        }
    }

    func finish() async throws(StoreError) {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { throw StoreError(.failed, "the commit has ended") }
        let (number, time, parts) = (number, begunAt, parts.withLock { $0 })
        let result = await lease.run { connection in
            let end = CommitEnd(number: number, at: time, connection: connection)
            try end.writeParts(parts.new, releasing: parts.released)
            try end.strike()
            try connection.commit(at: "finish()")
        }
        switch result {
        case .success: release()
        case .failure(let error as PostgresError) where error.kind == .outcomeUnknown:
            release()
            try await settle(error)
        case .failure(let error):
            await giveUp()
            throw StoreError(postgres: error)
        }
    }

    func abandon() async {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        await giveUp()
    }

    private static let pause = Duration.milliseconds(250)

    /// Whether a commit without an answer took place.
    private func settle(_ error: PostgresError) async throws(StoreError) {
        let deadline = ContinuousClock.now + timing.outcomePatience
        var outcome: CommitNumbers.Outcome?
        while outcome == nil {
            do throws(StoreError) {
                outcome = try await numbers.abandon(number, at: now())
            } catch let second {
                guard .now < deadline, (try? await Task.sleep(for: Self.pause)) != nil else {
                    logger.error(
                        "the outcome of a commit is unknown", metadata: ["commit": "\(number)", "cause": "\(second)"])
                    throw StoreError(postgres: error)
                }
            }
        }
        guard outcome == .committed else {
            throw StoreError(.overloaded, "the connection to PostgreSQL broke, and nothing was stored", cause: error)
        }
    }

    private func giveUp() async {
        _ = await lease.run { $0.rollback() }
        release()
        do throws(StoreError) {
            _ = try await numbers.abandon(number, at: now())
        } catch {
            // Its lock is free: `abandoned` will do it.
            logger.warning(
                "a commit could not be noted as abandoned", metadata: ["commit": "\(number)", "cause": "\(error)"])
        }
    }

    private func release() {
        lease.end()
        place.release()
    }
}
