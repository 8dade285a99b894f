import ConnectorLogCore
import Synchronization

/// Lets one line of the log through for each subject and minute, since what is wrong once is often wrong a thousand times.
final class MinuteGate<Subject: Hashable & Sendable>: Sendable {
    private static var secondsBetweenLines: Int64 { 60 }
    /// Subjects of the last minute that are told apart; of more, no line is written.
    private static var mostSubjects: Int { 1024 }

    private let told = Mutex<[Subject: Timestamp]>([:])

    /// True for the first time, and then once a minute.
    func isOpen(for subject: Subject, at now: Timestamp) -> Bool {
        told.withLock { told in
            if let last = told[subject], Self.isRecent(last, at: now) { return false }
            if told.count >= Self.mostSubjects {
                told = told.filter { Self.isRecent($0.value, at: now) }
                guard told.count < Self.mostSubjects else { return false }
            }
            told[subject] = now
            return true
        }
    }

    /// A clock that was set back must not silence it.
    private static func isRecent(_ last: Timestamp, at now: Timestamp) -> Bool {
        last <= now && now < last.advanced(bySeconds: secondsBetweenLines)
    }
}
