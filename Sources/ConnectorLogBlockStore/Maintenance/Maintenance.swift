import ConnectorLogCore
import GRDB
import Logging

/// What the store does in the background: compaction, retention, erasures that were cut short, and now
/// and then the small chores.
struct Maintenance: Sendable {
    /// How long an idempotency key is remembered.
    static let idempotencySeconds: Int64 = 86_400
    static let pause = Duration.milliseconds(250)
    /// Nothing was stored for so long: the store has time for what does not press.
    static let quietTime = Duration.seconds(2)
    static let pauseOnFullDisk = Duration.seconds(1)
    static let timeBetweenChores = Duration.seconds(30)

    let pool: DatabasePool
    let compactor: Compactor
    let retention: RetentionEnforcer
    let eraser: Eraser
    let catalog: SQLiteCatalog
    let reserve: SpaceReserve
    /// For teams that say nothing of their own.
    let standardRetention: Retention
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// Works until its task is cancelled, and sleeps between its steps; tests call the steps themselves. A step that
    /// fails is told and tried again later.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await work() }
            group.addTask { await endErasures() }
        }
    }

    /// Erasures that were cut short, beside all else: one may take longer than blocks of level 0 can wait.
    private func endErasures() async {
        while !Task.isCancelled {
            do {
                try await eraser.resume()
            } catch {
                if Task.isCancelled { return }
                logger.error("an erasure failed", metadata: ["cause": "\(StoreError(writing: error))"])
            }
            try? await Task.sleep(for: Self.timeBetweenChores)
        }
    }

    private func work() async {
        let clock = ContinuousClock()
        var nextChores = clock.now
        var isRetentionDue = false
        var hasWorked = false
        var lastChange = (insertions: compactor.insertions, at: clock.now)
        while !Task.isCancelled {
            do {
                if clock.now >= nextChores {
                    nextChores = clock.now + Self.timeBetweenChores
                    isRetentionDue = true
                    try await chores()
                }
                if reserve.isFull {
                    try await makeRoom()
                    if isRetentionDue { isRetentionDue = try await retentionStep() }
                    // Looks whether there is room again: where nothing is sent, nobody else would.
                    if !reserve.mayStore() { try await Task.sleep(for: Self.pauseOnFullDisk) }
                    continue
                }
                let start = clock.now
                if compactor.insertions != lastChange.insertions { lastChange = (compactor.insertions, start) }
                let isQuiet = start - lastChange.at >= Self.quietTime
                var worked = try await compactor.step(isQuiet: isQuiet)
                if isRetentionDue {
                    isRetentionDue = try await retentionStep()
                    worked = worked || isRetentionDue
                }
                if !worked, isQuiet { worked = try await compactor.shrink() }
                if isQuiet, !worked, hasWorked { Memory.giveBack() }
                hasWorked = worked
                try await Task.sleep(for: worked ? compactor.rest(after: clock.now - start) : Self.pause)
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                tell("maintenance failed", error)
                // What fails now, a full disk say, fails again at once: no busy loop, no flood in the log.
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// False when nothing is over age any more, and when the step failed: it is tried again with the next chores, and
    /// compaction goes on meanwhile.
    private func retentionStep() async throws -> Bool {
        do {
            return try await retention.step(default: standardRetention, at: now())
        } catch {
            try Task.checkCancellation()
            tell("retention failed", error)
            return false
        }
    }

    private func tell(_ message: Logger.Message, _ error: any Error) {
        let error = StoreError(writing: error)
        logger.error(message, metadata: ["cause": "\(error)"])
        if error.code == .full { reserve.release() }
    }

    func chores() async throws {
        try await catalog.writeKeyUses()
        let oldest = now().advanced(bySeconds: -Self.idempotencySeconds)
        try await pool.write { db in
            try db.execute(sql: "DELETE FROM idempotency WHERE created_at < ?", arguments: [oldest.microseconds])
        }
        let earliest = try await pool.read { db in try PendingPartRows.timeOfTheEarliest(in: db) } ?? oldest
        var forgotten = PendingPartRows.mostForgotten
        while forgotten == PendingPartRows.mostForgotten {
            forgotten = try await pool.write { db in
                try PendingPartRows.forgetEvents(toldBefore: max(oldest, earliest), in: db)
            }
        }
    }
}
