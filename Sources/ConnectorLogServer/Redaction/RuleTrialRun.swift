import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets

/// How much one trial of rules may read, and how many run at once. What is longer is not read to its end, and the answer
/// says so.
package enum RuleTrialLimits {
    package static let defaultEntries = 100
    package static let entries = 1...1000
    /// Bytes of the entries' texts. The entry that passes it is the last.
    package static let bytes = 32 << 20
    /// From the first entry to the last.
    package static let duration = Duration.seconds(10)
    /// Characters of a text of one's own.
    package static let text = 1...65_536
    /// Of the whole server; for one more there is 503.
    package static let atOnce = 4
}

/// What a trial is asked for.
struct RuleTrialRequest: Sendable {
    var rules: TeamRedactionRules
    var connector: String?
    var limit = RuleTrialLimits.defaultEntries
    var text: String?
}

/// Rules that do not hold yet, run over a team's newest entries as readers get them.
///
/// Entries are read one by one, and between two of them other requests have their turn; a client that leaves ends it.
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
            for summary in try await environment.reader.entries(query).rows {
                try Task.checkCancellation()
                if trial.bytesRead >= bytes { outcome.stoppedAt = .bytes }
                if ContinuousClock.now - start >= duration { outcome.stoppedAt = .time }
                if outcome.stoppedAt != nil { break }
                // Retention and erasure may have been quicker.
                guard let entry = try await environment.reader.entry(team: team, id: summary.id) else { continue }
                trial.read(entry)
                await Task.yield()
            }
            outcome.result = trial.result
            return outcome
        }
    }
}
