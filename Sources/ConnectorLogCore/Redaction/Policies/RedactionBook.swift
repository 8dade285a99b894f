import Crypto
import Synchronization

/// All that is to be removed, team by team: what the pipeline asks, and what the catalog's changes are told to.
///
/// A change holds for every entry that is redacted after its call returned.
package final class RedactionBook: Sendable {
    private struct State {
        var teams: [Int64: TeamPolicies] = [:]
        /// As the catalog counts them; nil where it does not.
        var versions: [Int64: Int64]?
        /// Counted up at each change, so that nobody works on with what he read before.
        var generation = 1
        var looks = Looks()
    }

    private let state = Mutex(State())
    /// The same as in `state`, to be read without a lock.
    private let generation = Atomic(1)
    private let placeholderKey: [UInt8]
    private let latePlaceholders = PlaceholderCache()
    package let secondLook = SecondLook()
    /// 32 bytes, for fingerprints of what was sent before it was redacted: the server's secret, too.
    package let fingerprintKey: [UInt8]

    /// - Parameter placeholderKey: 32 random bytes, from which teams' subkeys are derived.
    package init(placeholderKey: [UInt8]) {
        self.placeholderKey = placeholderKey
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: placeholderKey), info: Array("connectorlog fingerprint".utf8),
            outputByteCount: 32)
        fingerprintKey = key.withUnsafeBytes { Array($0) }
    }

    /// Puts `secrets` in the place of all that the connector had; nil for the team's own.
    package func setSecrets(_ secrets: [KnownSecret], team: Int64, connector: String?) {
        // Built before the lock is taken: what many large values cost, no request waits for.
        let prepared = TeamPolicies.Secrets(secrets, placeholders: Placeholders(key: placeholderKey, team: team))
        change(team) { $0.setSecrets(prepared, connector: connector) }
    }

    /// Throws, and changes nothing, when a name, an expression or a path is none.
    package func setRules(_ rules: TeamRedactionRules, team: Int64) throws(RedactionRulesError) {
        let compiled = try CompiledRules(rules)
        change(team) { $0.rules = compiled }
    }

    /// Notes that the book has all that the catalog had when its versions were these (`Catalog.secretVersions`).
    /// - Parameter teams: of which something could not be read.
    package func setVersions(_ versions: [Int64: Int64], except teams: Set<Int64> = []) {
        state.withLock { state in
            var versions = versions
            for team in teams { versions[team] = state.versions?[team] }
            state.versions = versions
            for (team, policies) in state.teams where policies.version != versions[team, default: 0] {
                state.teams[team] = policies.changed { $0.version = versions[team, default: 0] }
            }
            advance(&state)
        }
    }

    /// Notes that the book has one change more of the team, unless the catalog counted others beside it.
    package func setVersion(_ version: Int64, team: Int64) {
        state.withLock { state in
            guard let known = state.versions?[team, default: 0], version == known + 1 else { return }
            state.versions?[team] = version
            state.teams[team] = state.teams[team]?.changed { $0.version = version }
            advance(&state)
        }
    }

    /// Forgets the team's rules and secrets.
    package func removeTeam(_ team: Int64) {
        state.withLock { state in
            state.teams[team] = nil
            advance(&state)
        }
    }

    private func change(_ team: Int64, _ body: (inout TeamPolicies.Parts) -> Void) {
        state.withLock { state in
            state.teams[team] = (state.teams[team] ?? makeTeam(team, state)).changed(body)
            advance(&state)
        }
    }

    private func advance(_ state: inout State) {
        state.generation += 1
        generation.store(state.generation, ordering: .releasing)
    }

    private func makeTeam(_ team: Int64, _ state: State) -> TeamPolicies {
        var parts = TeamPolicies.Parts(
            placeholders: Placeholders(key: placeholderKey, team: team), latePlaceholders: latePlaceholders,
            secondLook: secondLook, looks: state.looks)
        parts.version = state.versions.map { $0[team, default: 0] }
        return TeamPolicies(parts)
    }

    #if DEBUG
        /// From now on, of all teams.
        func take(_ looks: Looks) {
            state.withLock { state in
                state.looks = looks
                state.teams = state.teams.mapValues { $0.changed { $0.looks = looks } }
                advance(&state)
            }
        }
    #endif

    /// Rises with each change.
    var currentGeneration: Int { generation.load(ordering: .acquiring) }

    func policies(of team: Int64) -> TeamPolicies {
        state.withLock { state in
            if let known = state.teams[team] { return known }
            let made = makeTeam(team, state)
            // Only teams that exist are asked for: ingest refuses others before.
            state.teams[team] = made
            return made
        }
    }

    /// What holds for a connector's entries now; the team's own rules for nil.
    package func policy(team: Int64, connector: String?) -> RedactionPolicy {
        var connector = connector ?? ""
        let policies = policies(of: team)
        return connector.withUTF8 { policies.policy(connector: UnsafeRawBufferPointer($0)) }
    }

    /// The team's policy as it would be with other rules: to try them out. Nothing changes.
    package func policy(
        team: Int64, connector: String?, with rules: TeamRedactionRules
    ) throws(RedactionRulesError) -> RedactionPolicy {
        let compiled = try CompiledRules(rules)
        let policies = policies(of: team).changed { $0.rules = compiled }
        var connector = connector ?? ""
        return connector.withUTF8 { policies.policy(connector: UnsafeRawBufferPointer($0)) }
    }
}

/// What the batch builder asks for each entry: the book's answers, kept while nothing changes.
struct PolicyLookup {
    private let book: RedactionBook
    private var generation = 0
    private var teams: [Int64: TeamPolicies] = [:]
    private var last: (team: Int64, policies: TeamPolicies)?
    /// Of each team that was asked for the oldest, where there are versions.
    private(set) var versions: [Int64: Int64] = [:]

    init(_ book: RedactionBook) {
        self.book = book
    }

    @inline(__always)
    mutating func policy(team: Int64, connector: UnsafeRawBufferPointer) -> RedactionPolicy {
        policies(team).policy(connector: connector)
    }

    /// For what names no connector.
    mutating func policyOfRuns(team: Int64) -> RedactionPolicy {
        policies(team).ofRuns
    }

    @inline(__always)
    private mutating func policies(_ team: Int64) -> TeamPolicies {
        let current = book.currentGeneration
        if generation != current {
            generation = current
            teams = [:]
            last = nil
        }
        if let last, last.team == team { return last.policies }
        let policies = policies(of: team)
        last = (team, policies)
        return policies
    }

    private mutating func policies(of team: Int64) -> TeamPolicies {
        if let known = teams[team] { return known }
        let policies = book.policies(of: team)
        teams[team] = policies
        if let version = policies.version { versions[team] = min(version, versions[team] ?? version) }
        return policies
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
