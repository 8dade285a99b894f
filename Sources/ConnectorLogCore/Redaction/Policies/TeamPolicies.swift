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
    private let placeholders: Placeholders
    private let rules: CompiledRules
    private let teamSecrets: KnownSecrets?
    private let connectorSecrets: [String: KnownSecrets]

    private let general: RedactionPolicy
    /// By the hash of the identifier; the few connectors that share one stand behind each other.
    private let special: [UInt64: [(connector: [UInt8], policy: RedactionPolicy)]]

    convenience init(placeholders: Placeholders) {
        self.init(placeholders: placeholders, rules: CompiledRules(), teamSecrets: nil, connectorSecrets: [:])
    }

    private init(
        placeholders: Placeholders, rules: CompiledRules, teamSecrets: KnownSecrets?,
        connectorSecrets: [String: KnownSecrets]
    ) {
        self.placeholders = placeholders
        self.rules = rules
        self.teamSecrets = teamSecrets
        self.connectorSecrets = connectorSecrets
        func policy(_ connector: String?) -> RedactionPolicy {
            RedactionPolicy(
                names: rules.names, placeholders: placeholders,
                known: [teamSecrets, connector.flatMap { connectorSecrets[$0] }].compactMap { $0 },
                patterns: rules.patterns,
                keepsBodies: connector.map { !rules.connectorsWithoutBodies.contains($0) } ?? true)
        }
        general = policy(nil)
        var special: [UInt64: [(connector: [UInt8], policy: RedactionPolicy)]] = [:]
        for connector in rules.connectorsWithoutBodies.union(connectorSecrets.keys) {
            let bytes = Array(connector.utf8)
            special[ColumnHash.hash(bytes), default: []].append((bytes, policy(connector)))
        }
        self.special = special
    }

    func setting(_ rules: CompiledRules) -> TeamPolicies {
        TeamPolicies(
            placeholders: placeholders, rules: rules, teamSecrets: teamSecrets, connectorSecrets: connectorSecrets)
    }

    func setting(_ known: KnownSecrets?, connector: String?) -> TeamPolicies {
        guard let connector else {
            return TeamPolicies(
                placeholders: placeholders, rules: rules, teamSecrets: known, connectorSecrets: connectorSecrets)
        }
        var connectorSecrets = connectorSecrets
        connectorSecrets[connector] = known
        return TeamPolicies(
            placeholders: placeholders, rules: rules, teamSecrets: teamSecrets, connectorSecrets: connectorSecrets)
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
