import ConnectorLogCore
import ConnectorLogSecrets
import Logging

/// Tells of fields in which the second look found what redaction had left. The counter counts all of them; the log has a
/// line for each field at most once a minute, since what is wrong with one line is often wrong with thousands.
final class SecondLookReport: Sendable {
    private let gate = MinuteGate<String>()

    /// Has the server's redaction report what its second look takes.
    static func register(_ environment: ServerEnvironment) {
        let report = SecondLookReport()
        let (metrics, dependencies) = (environment.metrics, environment.dependencies)
        dependencies.vault.book.secondLook.onHit { field in
            metrics.noteSecondLook()
            guard report.isLineDue(for: "\(field)", at: dependencies.now()) else { return }
            dependencies.logger.error(
                "redaction left a secret, the field was dropped before it was stored: please report it",
                metadata: ["field": "\(field)"])
        }
    }

    /// True for the first time, and then once a minute. Fields are those of entries, so that there are few.
    func isLineDue(for field: String, at now: Timestamp) -> Bool {
        gate.isOpen(for: field, at: now)
    }
}
