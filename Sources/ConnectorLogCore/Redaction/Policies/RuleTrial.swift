/// What came of rules that were tried out.
package struct RuleTrialResult: Hashable, Sendable {
    /// One find, as it would be.
    package struct Example: Hashable, Sendable {
        package var entryID: EntryID
        package var logTime: Timestamp
        package var connector: String
        package var member: TriedRule.Member
        package var name: String
        /// What the receipt would say.
        package var receipt: Redaction
        package var excerpt: TrialExcerpt
    }

    /// What rules found that hold anyway: they did not hold yet when the entry was stored.
    package struct StandingRule: Hashable, Sendable {
        package var rule: RedactionRule
        package var finds: Int
        package var entries: Int

        package init(rule: RedactionRule, finds: Int = 0, entries: Int = 0) {
            (self.rule, self.finds, self.entries) = (rule, finds, entries)
        }
    }

    package var entriesRead = 0
    /// Of which the tried rules would remove something.
    package var entriesChanged = 0
    /// Of texts that were looked at.
    package var bytesRead = 0
    /// Every rule that was tried, also those that found nothing.
    package var rules: [TriedRule] = []
    /// By rule.
    package var standingRules: [StandingRule] = []
    /// At most `RuleTrial.examples`, and `RuleTrial.examplesOfRule` of each rule.
    package var examples: [Example] = []

    package init() {}
}

/// Runs rules that do not hold yet over entries as they are stored, and stores nothing.
///
/// Each field is redacted as it would be if it came in now: with the rules that hold for all and with the secrets that are
/// known. A placeholder of before stays, so that what is found is what the rules add. Not looked at are trace ids,
/// which no rule of a team reaches, and root faults.
package struct RuleTrial: ~Copyable {
    package static let examples = 50
    package static let examplesOfRule = 3
    /// Finds of a rule that are looked at for examples: each costs as much as redacting the field anew.
    private static let triesOfRule = 12

    private let rules: TeamRedactionRules
    private let policies: TeamPolicies
    /// Without what the team adds, but for the exceptions that are tried: what they keep stays in examples, too.
    private let standingPolicies: TeamPolicies
    /// One rule, for its examples; made when it is wanted.
    private var policiesAlone: [Int: TeamPolicies] = [:]
    private var examplesOf: [Int: Int] = [:]
    private var triesOf: [Int: Int] = [:]
    private var tried: TriedRules
    private var standing: [RedactionRule: RuleTrialResult.StandingRule] = [:]
    private var summary = RuleTrialResult()
    private var workspace = RedactionWorkspace()
    private var output = ByteScratch()

    /// Throws when a name, an expression or a path is none.
    init(_ rules: TeamRedactionRules, of policies: TeamPolicies) throws(RedactionRulesError) {
        let compiled = try CompiledRules(rules)
        var exceptions = TeamRedactionRules()
        exceptions.exceptions = rules.exceptions
        let standing = try CompiledRules(exceptions)
        self.rules = rules
        self.policies = policies.changed { $0.rules = compiled }
        standingPolicies = policies.changed { $0.rules = standing }
        tried = TriedRules(rules)
    }

    package var entriesRead: Int { summary.entriesRead }
    package var bytesRead: Int { summary.bytesRead }

    package var result: RuleTrialResult {
        var result = summary
        result.rules = tried.rows
        result.standingRules = standing.values.sorted { $0.rule.rawValue < $1.rule.rawValue }
        return result
    }

    // MARK: - Entries

    /// Looks at one more entry.
    /// - Parameter hasTime: asked before each example, which costs as much as redacting the field twice more; when it says
    ///   no, the entry is read to its end without further ones.
    package mutating func read(_ entry: LogEntry, hasTime: () -> Bool = { true }) {
        summary.entriesRead += 1
        let connector = entry.summary.connectorIdentifier
        let policy = policies.policy(connector: connector)
        var found: Set<Int> = []
        var foundStanding: Set<RedactionRule> = []
        for field in TrialField.fields(of: entry) {
            summary.bytesRead += field.bytes.count
            guard policy.keepsBodies || !field.isBody else {
                if !field.bytes.isEmpty { noteBody(field, of: entry, &found, &foundStanding) }
                continue
            }
            for redaction in redact(field, by: policy) {
                let name = field.receiptName(of: redaction)
                if let index = tried.index(of: redaction.rule, name: name) {
                    tried.note(index, finds: redaction.count, isFirstOfEntry: found.insert(index).inserted)
                    if wantsExample(of: index), hasTime() { addExample(of: index, redaction, in: field, of: entry) }
                } else {
                    noteStanding(redaction, &foundStanding)
                }
            }
        }
        if !found.isEmpty { summary.entriesChanged += 1 }
    }

    private mutating func noteStanding(_ redaction: Redaction, _ found: inout Set<RedactionRule>) {
        standing[redaction.rule, default: .init(rule: redaction.rule)].finds += redaction.count
        if found.insert(redaction.rule).inserted { standing[redaction.rule]?.entries += 1 }
    }

    /// A body that goes whole. What stands in it that would go anyway is told all the same, and shown in no example.
    private mutating func noteBody(
        _ field: TrialField, of entry: LogEntry, _ found: inout Set<Int>, _ foundStanding: inout Set<RedactionRule>
    ) {
        let connector = entry.summary.connectorIdentifier
        guard let index = tried.index(ofConnectorWithoutBodies: connector) else { return }
        tried.note(index, finds: 1, isFirstOfEntry: found.insert(index).inserted)
        for redaction in redact(field, by: standingPolicies.policy(connector: connector)) {
            noteStanding(redaction, &foundStanding)
        }
        let body = Array(output.bytes)
        guard wantsExample(of: index), !body.isEmpty else { return }
        add(
            TrialExcerpt(removed: body), of: index,
            Redaction(rule: .bodyNotKept, field: "\(field.field)", count: 1), of: entry)
    }

    // MARK: - A text of one's own

    /// The text as the body of a call of `connector` would be stored: empty when the rules keep none of its bodies.
    /// - Parameter connector: nil when it is none in particular: what holds for the whole team holds.
    package mutating func redacted(
        _ text: String, connector: String?
    ) -> (text: String, receipt: [Redaction]) {
        let field = TrialField(field: "text", bytes: Array(text.utf8), place: .body(isCut: false))
        let policy = policies.policy(connector: connector ?? "")
        guard policy.keepsBodies else {
            return ("", [Redaction(rule: .bodyNotKept, field: "\(field.field)", count: 1)])
        }
        let receipt = redact(field, by: policy)
        return (String(decoding: output.bytes, as: UTF8.self), receipt)
    }

    // MARK: - Examples

    private func wantsExample(of index: Int) -> Bool {
        summary.examples.count < Self.examples && examplesOf[index, default: 0] < Self.examplesOfRule
            && triesOf[index, default: 0] < Self.triesOfRule
    }

    /// Shows what this rule alone does to the field, so that of several finds it is that of the rule which is shown.
    private mutating func addExample(
        of index: Int, _ redaction: Redaction, in field: TrialField, of entry: LogEntry
    ) {
        triesOf[index, default: 0] += 1
        let connector = entry.summary.connectorIdentifier
        _ = redact(field, by: standingPolicies.policy(connector: connector))
        var field = field
        field.bytes = Array(output.bytes)
        guard let alone = policyAlone(index) else { return }
        _ = redact(field, by: alone.policy(connector: connector))
        guard let excerpt = TrialExcerpt(before: field.bytes, after: Array(output.bytes)) else { return }
        add(excerpt, of: index, redaction, of: entry)
    }

    private mutating func add(
        _ excerpt: TrialExcerpt, of index: Int, _ redaction: Redaction, of entry: LogEntry
    ) {
        examplesOf[index, default: 0] += 1
        let rule = tried.rows[index]
        summary.examples.append(
            RuleTrialResult.Example(
                entryID: entry.summary.id, logTime: entry.summary.logTime,
                connector: entry.summary.connectorIdentifier, member: rule.member, name: rule.name,
                receipt: redaction, excerpt: excerpt))
    }

    private mutating func policyAlone(_ index: Int) -> TeamPolicies? {
        if let known = policiesAlone[index] { return known }
        // What holds together with others holds alone.
        guard let compiled = try? CompiledRules(tried.alone(index, of: rules)) else { return nil }
        let made = standingPolicies.changed { $0.rules = compiled }
        policiesAlone[index] = made
        return made
    }

    // MARK: - Redaction

    /// Leaves the field without its secrets in `output`; returns the receipt.
    private mutating func redact(_ field: TrialField, by policy: RedactionPolicy) -> [Redaction] {
        let redactor = TextRedactor(policy: policy)
        workspace.tally = RedactionTally()
        output.removeAll()
        field.bytes.withUnsafeBytes { bytes in
            switch field.place {
            case .word: redactor.redactWord(bytes, field: field.field, into: &output, &workspace)
            case .text(let context):
                redactor.redact(bytes, context: context, field: field.field, into: &output, &workspace)
            case .body(let isCut):
                redactor.redactBody(bytes, field: field.field, isCut: isCut, into: &output, &workspace)
            case .header(let name):
                name.withUnsafeBytes { name in
                    let header = EntryDraft.Header(name: name, value: bytes)
                    redactor.redactHeaderValue(header, field: field.field, into: &output, &workspace)
                }
            }
        }
        if case .header = field.place { dropLength() }
        return workspace.tally.redactions
    }

    /// A header's value stands behind its length.
    private mutating func dropLength() {
        var value = Array(output.bytes)[...]
        _ = Varint.take(from: &value)
        output.removeAll()
        value.withUnsafeBytes { output.append($0) }
    }
}

extension TeamPolicies {
    fileprivate func policy(connector: String) -> RedactionPolicy {
        var connector = connector
        return connector.withUTF8 { policy(connector: UnsafeRawBufferPointer($0)) }
    }
}

extension RedactionBook {
    /// Rules of a team to be tried out, with the secrets that it has now. Nothing changes. Throws when a name, an expression
    /// or a path is none.
    package func trial(of rules: TeamRedactionRules, team: Int64) throws(RedactionRulesError) -> RuleTrial {
        try RuleTrial(rules, of: policies(of: team))
    }
}
