/// One rule of a team that is tried out: how often it found something.
package struct TriedRule: Hashable, Sendable {
    /// The member of the team's rules that it stands in; raw values are names of the API.
    package enum Member: String, Sendable, CaseIterable {
        case names
        case patterns
        case jsonPaths = "json_paths"
        case personalData = "personal_data"
        case keepNoBodies = "keep_no_bodies"
    }

    package var member: Member
    /// The name itself, the pattern's name, the path, `email`, `phone` or `iban`, or the connector.
    package var name: String
    package var finds = 0
    /// Entries in which it found something.
    package var entries = 0

    init(_ member: Member, _ name: String) {
        (self.member, self.name) = (member, name)
    }
}

/// The rules that are tried, and which of them a line of a receipt comes from.
struct TriedRules {
    /// In the order of the members above, and within each as the team gave them. Exceptions remove nothing.
    private(set) var rows: [TriedRule] = []
    private var patterns: [String: Int] = [:]
    private var paths: [String: Int] = [:]
    private var personalData: [RedactionRule: Int] = [:]
    private var connectors: [String: Int] = [:]
    /// By `CredentialNames.normalized`.
    private var names: [[UInt8]: Int] = [:]
    /// Each name by itself, for those that stand in a text with escapes.
    private var namesAlone: [(index: Int, name: CredentialNames)] = []

    init(_ rules: TeamRedactionRules) {
        for name in rules.names {
            let normalized = CredentialNames.normalized(name)
            guard names[normalized] == nil else { continue }
            names[normalized] = add(.names, name)
            namesAlone.append((rows.count - 1, CredentialNames(additions: [name], exceptions: [])))
        }
        for pattern in rules.patterns { patterns[pattern.name] = add(.patterns, pattern.name) }
        for path in rules.jsonPaths where paths[path] == nil { paths[path] = add(.jsonPaths, path) }
        if rules.removesEmails { personalData[.email] = add(.personalData, "email") }
        if rules.removesPhoneNumbers { personalData[.phoneNumber] = add(.personalData, "phone") }
        if rules.removesIBANs { personalData[.iban] = add(.personalData, "iban") }
        for connector in rules.connectorsWithoutBodies where connectors[connector] == nil {
            connectors[connector] = add(.keepNoBodies, connector)
        }
    }

    private mutating func add(_ member: TriedRule.Member, _ name: String) -> Int {
        rows.append(TriedRule(member, name))
        return rows.count - 1
    }

    /// Nil when it is one of the rules that hold anyway.
    /// - Parameter name: what the receipt says behind the field.
    func index(of rule: RedactionRule, name: String) -> Int? {
        switch rule {
        case .pattern: return patterns[name]
        case .jsonPath: return paths[name]
        case .email, .phoneNumber, .iban: return personalData[rule]
        case .header, .parameter, .jsonKey, .xmlElement:
            if let known = names[CredentialNames.normalized(name)] { return known }
            guard !CredentialNames.standard.saysCredential(name) else { return nil }
            return namesAlone.first { $0.name.saysCredential(name) }?.index
        case .bearer, .basic, .userInfo, .knownSecret, .webToken, .privateKey, .vendorToken, .paymentCard, .bodyNotKept,
            .unsafeBody, .decompressed, .secondLook:
            return nil
        }
    }

    func index(ofConnectorWithoutBodies connector: String) -> Int? { connectors[connector] }

    mutating func note(_ index: Int, finds: Int, isFirstOfEntry: Bool) {
        rows[index].finds += finds
        if isFirstOfEntry { rows[index].entries += 1 }
    }

    /// Rules with this one alone, and with the exceptions from what holds for all.
    func alone(_ index: Int, of rules: TeamRedactionRules) -> TeamRedactionRules {
        let row = rows[index]
        var alone = TeamRedactionRules()
        alone.exceptions = rules.exceptions
        switch row.member {
        case .names: alone.names = [row.name]
        case .patterns: alone.patterns = rules.patterns.filter { $0.name == row.name }
        case .jsonPaths: alone.jsonPaths = [row.name]
        case .personalData:
            alone.removesEmails = row.name == "email"
            alone.removesPhoneNumbers = row.name == "phone"
            alone.removesIBANs = row.name == "iban"
        case .keepNoBodies: alone.connectorsWithoutBodies = [row.name]
        }
        return alone
    }
}
