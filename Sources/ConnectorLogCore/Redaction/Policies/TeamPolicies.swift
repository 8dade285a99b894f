/// A team's rules, made ready.
struct CompiledRules: Sendable {
    var names = CredentialNames.standard
    var patterns: TeamPatterns?
    var connectorsWithoutBodies: Set<String> = []

    init() {}

    init(_ rules: TeamRedactionRules) throws(RedactionRulesError) {
        try Self.check(rules.names, "names")
        try Self.check(rules.exceptions, "exceptions")
        if !rules.names.isEmpty || !rules.exceptions.isEmpty {
            names = CredentialNames(additions: rules.names, exceptions: rules.exceptions)
        }
        patterns = try TeamPatterns(rules)
        connectorsWithoutBodies = Set(rules.connectorsWithoutBodies)
    }

    private static func check(_ names: [String], _ member: String) throws(RedactionRulesError) {
        for (i, name) in names.enumerated() {
            guard (3...SecretScan.nameBytes).contains(CredentialNames.normalized(name).count) else {
                throw RedactionRulesError(
                    field: "\(member)[\(i)]",
                    message: "a name has 3 to \(SecretScan.nameBytes) bytes beside separators")
            }
        }
    }
}

/// The policies of a team: one for each connector that has secrets or rules of its own, one for all others. Immutable.
final class TeamPolicies: Sendable {
    /// The secrets of a team or a connector, ready for both looks.
    struct Secrets: Sendable {
        let known: KnownSecrets
        let registered: RegisteredValues?

        /// Nil without secrets.
        init?(_ secrets: [KnownSecret], placeholders: Placeholders) {
            guard let known = KnownSecrets(secrets, placeholders: placeholders) else { return nil }
            self.known = known
            registered = RegisteredValues(secrets)
        }
    }

    /// What they are made of.
    struct Parts: Sendable {
        var placeholders: Placeholders
        var latePlaceholders: PlaceholderCache
        var secondLook: SecondLook
        var looks: Looks
        var rules = CompiledRules()
        var teamSecrets: Secrets?
        var connectorSecrets: [String: Secrets] = [:]
        /// Of the catalog's secrets and rules of the team that all of this has; nil where the catalog has no versions.
        var version: Int64?

        init(
            placeholders: Placeholders, latePlaceholders: PlaceholderCache, secondLook: SecondLook, looks: Looks
        ) {
            self.placeholders = placeholders
            self.latePlaceholders = latePlaceholders
            self.secondLook = secondLook
            self.looks = looks
        }

        mutating func setSecrets(_ secrets: Secrets?, connector: String?) {
            if let connector { connectorSecrets[connector] = secrets } else { teamSecrets = secrets }
        }

        fileprivate func policy(_ connector: String?) -> RedactionPolicy {
            policy(
                [teamSecrets, connector.flatMap { connectorSecrets[$0] }],
                keepsBodies: connector.map { !rules.connectorsWithoutBodies.contains($0) } ?? true)
        }

        /// With the secrets of all connectors, and without bodies when one has none.
        fileprivate func policyOfRuns() -> RedactionPolicy {
            policy(
                [teamSecrets] + connectorSecrets.sorted { $0.key < $1.key }.map(\.value),
                keepsBodies: rules.connectorsWithoutBodies.isEmpty)
        }

        private func policy(_ secrets: [Secrets?], keepsBodies: Bool) -> RedactionPolicy {
            let secrets = secrets.compactMap { $0 }
            return RedactionPolicy(
                names: rules.names, placeholders: placeholders, latePlaceholders: latePlaceholders,
                known: secrets.map(\.known), registered: secrets.compactMap(\.registered), secondLook: secondLook,
                patterns: rules.patterns, keepsBodies: keepsBodies, looks: looks)
        }
    }

    private let parts: Parts
    var version: Int64? { parts.version }
    private let general: RedactionPolicy
    /// For what names no connector: states, most root faults, and calls whose sender says only who made them. A run has calls of
    /// many connectors, and what one of them sent may stand in what broke it.
    let ofRuns: RedactionPolicy
    /// By the hash of the identifier; the few connectors that share one stand behind each other.
    private let special: [UInt64: [(connector: [UInt8], policy: RedactionPolicy)]]

    init(_ parts: Parts) {
        self.parts = parts
        general = parts.policy(nil)
        ofRuns = parts.policyOfRuns()
        var special: [UInt64: [(connector: [UInt8], policy: RedactionPolicy)]] = [:]
        for connector in parts.rules.connectorsWithoutBodies.union(parts.connectorSecrets.keys) {
            let bytes = Array(connector.utf8)
            special[ColumnHash.hash(bytes), default: []].append((bytes, parts.policy(connector)))
        }
        self.special = special
    }

    func changed(_ change: (inout Parts) -> Void) -> TeamPolicies {
        var parts = parts
        change(&parts)
        return TeamPolicies(parts)
    }

    @inline(__always)
    func policy(connector: UnsafeRawBufferPointer) -> RedactionPolicy {
        special.isEmpty ? general : specialPolicy(connector)
    }

    private func specialPolicy(_ connector: UnsafeRawBufferPointer) -> RedactionPolicy {
        let bytes = Span<UInt8>(_unsafeElements: connector.assumingMemoryBound(to: UInt8.self))
        let candidates = special[ColumnHash.hash(bytes)]
        return candidates?.first { $0.connector.elementsEqual(connector) }?.policy ?? general
    }
}
