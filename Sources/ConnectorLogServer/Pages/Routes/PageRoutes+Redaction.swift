import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import HTTPTypes
import Hummingbird

/// Redaction: rules are tried and saved, secrets added and deleted, by the roles that may do so by the API.
extension PageRoutes {
    /// Bytes of the form of rules: all of them at their limits, and a text to try at its own, of characters that take two
    /// bytes of UTF-8, percent-encoded.
    private static let rulesFormBytes = 2 << 20
    /// Bytes of the form of a secret: 10,000 characters, percent-encoded.
    private static let secretFormBytes = 131_072

    func addRedaction(to router: Router<ServerRequestContext>) {
        router.get("/teams/:team/redaction") { request, context in
            try await answer(request, context) { visit in
                let team = try await visit.team(context.parameters.get("team"))
                var attempt = RedactionPage.Attempt()
                attempt.done = visit.query["done"]
                return try await redactionPage(
                    visit, team, rules: try await environment.vault.rules(team: team.id), attempt)
            }
        }
        // Each takes from the key's budget, as the same change by the API does.
        submit(router, under: PageAddress.redaction, "/teams/:team/redaction", limit: Self.rulesFormBytes, saveRules)
        submit(router, under: PageAddress.redaction, "/teams/:team/redaction/try", limit: Self.rulesFormBytes, tryRules)
        submit(
            router, under: PageAddress.redaction, "/teams/:team/redaction/secrets", limit: Self.secretFormBytes,
            addSecret)
        submit(
            router, under: PageAddress.redaction, "/teams/:team/redaction/secrets/:secret/delete",
            limit: Self.formBytes, deleteSecret)
    }

    // MARK: - The page

    private func redactionPage(
        _ visit: PageVisit, _ team: PageVisit.TeamView, rules: TeamRedactionRules, _ attempt: RedactionPage.Attempt,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let rights = RedactionPage.Rights(
            changesRules: Route.setRedaction.access.permits(visit.key),
            teamSecrets: Route.createTeamSecret.access.permits(visit.key),
            connectorSecrets: Route.createConnectorSecret.access.permits(visit.key))
        let connectors = try await environment.catalog.connectors(team: team.id, withConfigurations: false)
        let page = RedactionPage(
            viewer: team.viewer, team: team.id, rights: rights, rules: rules,
            secrets: try await secrets(of: team.id, rights), connectors: connectors.map(\.identifier), attempt: attempt)
        return PageResponse.html(render(page), status: status, visit.encoding)
    }

    /// One more than the page shows, so that it can say that there are more.
    private func secrets(
        of team: Int64, _ rights: RedactionPage.Rights
    ) async throws -> [RedactionPage.Secret] {
        let vault = environment.vault
        var owners: [String?] = rights.teamSecrets ? [nil] : []
        if rights.connectorSecrets { owners += vault.connectorsWithSecrets(team: team) }
        var secrets: [RedactionPage.Secret] = []
        for owner in owners where secrets.count <= RedactionPage.mostSecrets {
            for secret in try await vault.secrets(team: team, connector: owner) {
                secrets.append(
                    RedactionPage.Secret(secret, logPlaceholder: vault.logPlaceholder(of: secret)?.text))
            }
        }
        return secrets
    }

    // MARK: - Rules

    private func saveRules(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.setRedaction)
        let rules = RulesForm.rules(of: submission.form)
        let loaded = submission.form["loaded_rules"]
        do {
            let isKnown = try await environment.vault.setRules(
                rules, team: submission.team.id, at: environment.now,
                replacing: { RulesForm.digest(of: $0) == loaded })
            guard isKnown else { throw APIError.notFound("team") }
        } catch SecretVaultError.rules(let problem) {
            return try await rulesPage(submission, rules, status: .unprocessableContent) { $0.rulesProblem = problem }
        } catch SecretVaultError.rulesChanged {
            let now = try await environment.vault.rules(team: submission.team.id)
            return try await rulesPage(submission, rules, status: .conflict) {
                $0.isOutdated = true
                // To save once more is to mean it.
                $0.loadedRules = RulesForm.digest(of: now)
            }
        }
        try await note(.setRedaction, submission, target: nil)
        return done("rules", submission, anchor: "rules")
    }

    private func tryRules(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.tryRedaction)
        let rules = RulesForm.rules(of: submission.form)
        var request = RuleTrialRequest(rules: rules)
        request.connector = submission.form["trial_connector"]
        request.text = Self.sampleText(submission.form)
        if let problem = Self.problem(with: request) {
            return try await rulesPage(submission, rules, status: .unprocessableContent) { $0.trialProblem = problem }
        }
        do {
            let outcome = try await RuleTrialRun(environment: environment).run(request, team: submission.team.id)
            return try await rulesPage(submission, rules) {
                $0.trial = TrialPart(outcome, team: submission.team.id, connector: request.connector)
            }
        } catch SecretVaultError.rules(let problem) {
            return try await rulesPage(submission, rules, status: .unprocessableContent) { $0.rulesProblem = problem }
        }
    }

    /// As it was typed: a browser sends each line break as two characters, which count as one in the field.
    private static func sampleText(_ form: PageForm) -> String? {
        form["trial_text"]?.replacing("\r\n", with: "\n")
    }

    private static func problem(with request: RuleTrialRequest) -> String? {
        if let connector = request.connector, !Connector.isIdentifier(connector) {
            return "This is no connector: an identifier has 1 to 100 of A-Z a-z 0-9 _ -."
        }
        if let text = request.text, !RuleTrialLimits.text.contains(text.unicodeScalars.count) {
            return "The text is too long to be tried: it may have 65,536 characters."
        }
        return nil
    }

    /// The page with the form as it was sent.
    private func rulesPage(
        _ submission: PageSubmission, _ rules: TeamRedactionRules, status: HTTPResponse.Status = .ok,
        _ fill: (inout RedactionPage.Attempt) -> Void
    ) async throws -> Response {
        var attempt = RedactionPage.Attempt()
        attempt.loadedRules = submission.form["loaded_rules"]
        attempt.connector = submission.form["trial_connector"]
        attempt.sampleText = Self.sampleText(submission.form)
        fill(&attempt)
        return try await redactionPage(submission.visit, submission.team, rules: rules, attempt, status: status)
    }

    // MARK: - Secrets

    private func addSecret(_ submission: PageSubmission) async throws -> Response {
        let form = submission.form
        let connector = form["connector"]
        try submission.require(connector == nil ? .createTeamSecret : .createConnectorSecret)
        guard let name = form["secret_name"]?.trimmed, SecretLimits.name.contains(name.unicodeScalars.count) else {
            return try await secretProblem("A name has 1 to 255 characters.", submission)
        }
        guard let value = form["secret_value"] else {
            return try await secretProblem("The value is missing.", submission)
        }
        do {
            let secret = try await environment.vault.createSecret(
                name: name, value: value, ignoresCase: form["ignore_case"] != nil, team: submission.team.id,
                connector: connector, at: environment.now)
            try await note(
                connector == nil ? .createTeamSecret : .createConnectorSecret, submission,
                target: AuditTrail.target(secret: secret.placeholder, of: connector))
        } catch let error as SecretVaultError {
            guard let problem = Self.words(for: error) else { throw error }
            return try await secretProblem(problem, submission)
        }
        return done("secret", submission, anchor: "secrets")
    }

    private static func words(for error: SecretVaultError) -> String? {
        switch error {
        case .nameTaken: "A secret of this name exists. Delete it first, or take another name."
        case .limitReached: "There are \(SecretLimits.perOwner) secrets, which is the limit."
        case .ownerMissing: "There is no such connector any more."
        case .valueLength: "A value has 4 bytes or more, blanks left out, and 10,000 characters at most."
        case .rules, .rulesChanged, .store: nil
        }
    }

    /// The page with the form as it was sent, but for the value.
    private func secretProblem(_ problem: String, _ submission: PageSubmission) async throws -> Response {
        var attempt = RedactionPage.Attempt()
        attempt.secretProblem = problem
        attempt.secretName = submission.form["secret_name"]
        attempt.ignoresCase = submission.form["ignore_case"] != nil
        attempt.secretConnector = submission.form["connector"]
        return try await redactionPage(
            submission.visit, submission.team, rules: try await environment.vault.rules(team: submission.team.id),
            attempt, status: .unprocessableContent)
    }

    private func deleteSecret(_ submission: PageSubmission) async throws -> Response {
        let connector = submission.form["connector"]
        try submission.require(connector == nil ? .deleteTeamSecret : .deleteConnectorSecret)
        let placeholder = try Self.id(submission.parameters.get("secret"))
        let isKnown = try await environment.vault.deleteSecret(
            placeholder: placeholder, team: submission.team.id, connector: connector)
        guard isKnown else { throw APIError.notFound("secret") }
        try await note(
            connector == nil ? .deleteTeamSecret : .deleteConnectorSecret, submission,
            target: AuditTrail.target(secret: placeholder, of: connector))
        return done("deleted", submission, anchor: "secrets")
    }

    private func done(_ word: String, _ submission: PageSubmission, anchor: String) -> Response {
        PageResponse.redirect(
            to: PageAddress.address(PageAddress.redaction(submission.team.id), query: [("done", word)]) + "#" + anchor)
    }
}
