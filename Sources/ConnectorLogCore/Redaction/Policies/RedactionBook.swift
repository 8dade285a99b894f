import Synchronization

/// All that is to be removed, team by team: what the pipeline asks, and what the catalog's changes are told to.
///
/// A change holds for every entry that is redacted after its call returned.
package final class RedactionBook: Sendable {
    private struct Team {
        var rules = TeamRedactionRules()
        /// The team's own under nil.
        var secrets: [String?: [KnownSecret]] = [:]
    }

    private let teams = Mutex<[Int64: Team]>([:])
    private let placeholderKey: [UInt8]

    /// - Parameter placeholderKey: 32 random bytes, from which teams' subkeys are derived.
    package init(placeholderKey: [UInt8]) {
        self.placeholderKey = placeholderKey
    }

    /// Puts `secrets` in the place of all that the connector had; nil for the team's own.
    package func setSecrets(_ secrets: [KnownSecret], team: Int64, connector: String?) {
        teams.withLock { $0[team, default: Team()].secrets[connector] = secrets.isEmpty ? nil : secrets }
    }

    package func setRules(_ rules: TeamRedactionRules, team: Int64) throws(RedactionRulesError) {
        teams.withLock { $0[team, default: Team()].rules = rules }
    }

    /// Forgets the team's rules and secrets.
    package func removeTeam(_ team: Int64) {
        teams.withLock { $0[team] = nil }
    }
}

/// Why rules do not hold: part of the API's answers, so it says the place of the fault.
package struct RedactionRulesError: Error, Hashable, Sendable {
    /// As the API writes it: `patterns[2].expression`.
    package var field: String
    package var message: String

    package init(field: String, message: String) {
        (self.field, self.message) = (field, message)
    }
}
