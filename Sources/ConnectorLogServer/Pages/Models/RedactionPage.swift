package import ConnectorLogCore

/// What is removed from a team's log: registered secrets, the team's rules, and what always goes. Rules are tried and saved
/// here, secrets added and deleted; no value is ever shown.
package struct RedactionPage: PageModel {
    package static let template = PageTemplates.Name.redaction
    /// Secrets that are listed. A team may have more, each connector a hundred.
    package static let mostSecrets = 500

    /// A secret without its value.
    package struct Secret: Sendable {
        package var record: SecretRecord
        /// What stands in the log in its place; nil when it was deleted meanwhile.
        package var logPlaceholder: String?

        package init(_ record: SecretRecord, logPlaceholder: String?) {
            (self.record, self.logPlaceholder) = (record, logPlaceholder)
        }
    }

    package struct SecretRow: Sendable {
        package let secretName: String
        /// Nil for one of the whole team.
        package let connector: String?
        package let secretID: String
        package let logPlaceholder: MarkedText?
        package let ignoresCase: Bool
        package let created: DisplayTime
        /// Nil when its value was never changed.
        package let updated: DisplayTime?
        package let deleteHref: String
    }

    /// A form that adds a secret; the value is never part of it.
    package struct SecretForm: Sendable {
        package struct Owner: Hashable, Sendable {
            package let ownerValue: String
            package let ownerLabel: String
            package let isChosen: Bool
        }

        package let secretName: String
        package let ignoresCase: Bool
        package let owners: [Owner]
        package let secretProblem: String?
    }

    /// What the reader's key may do.
    package struct Rights: Hashable, Sendable {
        package var changesRules: Bool
        package var teamSecrets: Bool
        package var connectorSecrets: Bool

        package init(changesRules: Bool, teamSecrets: Bool, connectorSecrets: Bool) {
            self.changesRules = changesRules
            self.teamSecrets = teamSecrets
            self.connectorSecrets = connectorSecrets
        }
    }

    /// What a form that was sent left to be shown.
    package struct Attempt: Sendable {
        package var rulesProblem: RedactionRulesError?
        /// Which rules the form began with; nil for those that the page was made with.
        package var loadedRules: String?
        /// Others saved rules since.
        package var isOutdated = false
        /// What is wrong with what the rules were to be tried on.
        package var trialProblem: String?
        package var trial: TrialPart?
        package var sampleText: String?
        package var connector: String?
        package var secretProblem: String?
        package var secretName: String?
        package var ignoresCase = false
        /// Nil: the whole team.
        package var secretConnector: String?
        /// What was done, by a word of the address.
        package var done: String?

        package init() {}
    }

    /// A rule as readers see it who may not change it.
    package struct RuleFact: Hashable, Sendable {
        package let label: String
        package let values: [String]
        package let hasValues: Bool
    }

    package let frame: PageFrame
    package let settings: SettingsFrame
    package let csrfToken: String
    package let notice: String?
    package let mayChangeRules: Bool
    package let saveHref: String
    package let tryHref: String
    package let pageHref: String
    package let rules: RulesForm
    /// By which a form that was sent tells whether they are still the same.
    package let loadedRules: String
    package let isOutdated: Bool
    package let hasRulesProblem: Bool
    package let trialProblem: String?
    package let facts: [RuleFact]
    package let trial: TrialPart?
    package let connectors: [SecretForm.Owner]
    package let sampleText: String
    package let mayListSecrets: Bool
    package let secrets: [SecretRow]
    package let hasSecrets: Bool
    package let isCutShort: Bool
    package let addSecretHref: String
    package let secretForm: SecretForm?
    package let secretScope: String

    package init(
        viewer: PageFrame.Viewer, team: Int64, rights: Rights, rules: TeamRedactionRules, secrets: [Secret],
        connectors: [String], attempt: Attempt = Attempt()
    ) {
        frame = SettingsFrame.frame(.redaction, viewer: viewer)
        settings = SettingsFrame(.redaction, viewer: viewer, team: team)
        csrfToken = viewer.csrfToken
        notice = attempt.done.flatMap { Self.notices[$0] }
        mayChangeRules = rights.changesRules
        saveHref = PageAddress.redaction(team) + "#rules"
        tryHref = PageAddress.redactionTrial(team) + "#trial"
        pageHref = PageAddress.redaction(team)
        self.rules = RulesForm(rules, problem: attempt.rulesProblem)
        loadedRules = attempt.loadedRules ?? RulesForm.digest(of: rules)
        isOutdated = attempt.isOutdated
        trialProblem = attempt.trialProblem
        hasRulesProblem = attempt.rulesProblem != nil
        facts = Self.facts(rules)
        trial = attempt.trial
        self.connectors = Self.choices(connectors, chosen: attempt.connector)
        sampleText = attempt.sampleText ?? ""
        mayListSecrets = rights.connectorSecrets || rights.teamSecrets
        self.secrets = secrets.prefix(Self.mostSecrets).map { Self.row($0, team: team) }
        hasSecrets = !secrets.isEmpty
        isCutShort = secrets.count > Self.mostSecrets
        addSecretHref = PageAddress.secrets(team) + "#secrets"
        let owners =
            (rights.teamSecrets
                ? [
                    SecretForm.Owner(
                        ownerValue: "", ownerLabel: "Whole team", isChosen: attempt.secretConnector == nil)
                ] : [])
            + (rights.connectorSecrets
                ? Self.choices(connectors, chosen: attempt.secretConnector) : [])
        secretForm =
            owners.isEmpty
            ? nil
            : SecretForm(
                secretName: attempt.secretName ?? "", ignoresCase: attempt.ignoresCase, owners: owners,
                secretProblem: attempt.secretProblem)
        secretScope =
            rights.teamSecrets
            ? "Secrets of the whole team and of its connectors."
            : "Secrets of connectors. Those of the whole team are shown to admins."
    }

    private static let notices = [
        "rules": "The rules are saved. They hold for every entry that comes in from now on.",
        "secret": "The secret is registered. Its value is removed from every entry that comes in from now on.",
        "deleted": "The secret is deleted. Its value is looked for no longer.",
    ]

    /// One that was chosen and is no more stays chosen: else the form would go to another when it is sent again.
    private static func choices(_ connectors: [String], chosen: String?) -> [SecretForm.Owner] {
        let gone = chosen.flatMap { connectors.contains($0) ? nil : $0 }
        return (connectors + (gone.map { [$0] } ?? [])).map {
            SecretForm.Owner(
                ownerValue: $0, ownerLabel: $0 == gone ? "\($0) (not known here)" : $0, isChosen: $0 == chosen)
        }
    }

    private static func row(_ secret: Secret, team: Int64) -> SecretRow {
        let record = secret.record
        return SecretRow(
            secretName: record.name, connector: record.connectorIdentifier, secretID: record.placeholder,
            logPlaceholder: secret.logPlaceholder.map(MarkedText.init), ignoresCase: record.ignoresCase,
            created: DisplayTime(record.createdAt),
            updated: record.updatedAt == record.createdAt ? nil : DisplayTime(record.updatedAt),
            deleteHref: PageAddress.secretDeletion(team, record.placeholder))
    }

    private static func facts(_ rules: TeamRedactionRules) -> [RuleFact] {
        let personalData = [
            ("E-mail addresses", rules.removesEmails), ("Telephone numbers", rules.removesPhoneNumbers),
            ("IBANs", rules.removesIBANs),
        ].filter(\.1).map(\.0)
        return [
            ("Names that say credential", rules.names), ("Exceptions", rules.exceptions),
            ("Expressions", rules.patterns.map { "\($0.name): \($0.expression)" }), ("JSON paths", rules.jsonPaths),
            ("Personal data", personalData), ("Connectors without bodies", rules.connectorsWithoutBodies),
        ].map { RuleFact(label: $0, values: $1, hasValues: !$1.isEmpty) }
    }
}
