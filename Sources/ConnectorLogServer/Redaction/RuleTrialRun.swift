import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets

/// What a trial is asked for.
struct RuleTrialRequest: Sendable {
    var rules: TeamRedactionRules
    var connector: String?
    var limit = RuleTrialLimits.defaultEntries
    var text: String?
}

/// Rules that do not hold yet, run over a team's newest entries as readers get them.
///
/// Entries are read one by one, and between two of them other requests have their turn. A client that leaves, or the end of
/// the time, ends it with the entry that is under way, which then gives no further examples.
struct RuleTrialRun: Sendable {
    let environment: ServerEnvironment
    var bytes = RuleTrialLimits.bytes
    var duration = RuleTrialLimits.duration

    /// Throws `SecretVaultError.rules` for rules that could not be set, 503 when too many trials are under way, and
    /// `CancellationError` when the client has left.
    func run(_ request: RuleTrialRequest, team: Int64) async throws -> RuleTrialOutcome {
        try await environment.trials.run {
            var trial = try environment.vault.trial(of: request.rules, team: team)
            var outcome = RuleTrialOutcome()
            if let text = request.text {
                let redacted = trial.redacted(text, connector: request.connector)
                outcome.text = RuleTrialOutcome.Text(after: redacted.text, receipt: redacted.receipt)
            }
            var query = EntryQuery(teamID: team, limit: request.limit)
            query.connector = request.connector
            query.fields = .call
            let start = ContinuousClock.now
            let isOver = { [duration] in ContinuousClock.now - start >= duration }
            for summary in try await environment.reader.entries(query).rows {
                try Task.checkCancellation()
                if trial.bytesRead >= bytes { outcome.stoppedAt = .bytes }
                if isOver() { outcome.stoppedAt = .time }
                if outcome.stoppedAt != nil { break }
                // Retention and erasure may have been quicker.
                guard let entry = try await environment.reader.entry(team: team, id: summary.id) else { continue }
                trial.read(entry, hasTime: { !isOver() && !Task.isCancelled })
                await Task.yield()
            }
            outcome.result = trial.result
            return outcome
        }
    }
}
