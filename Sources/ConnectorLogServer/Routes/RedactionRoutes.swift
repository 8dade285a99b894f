import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Hummingbird

/// What a team adds to the rules that remove secrets.
enum RedactionRoutes {
    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        .json(try await call.environment.vault.rules(team: call.teamID))
    }

    /// What is left out is empty: the rules are replaced as a whole.
    @Sendable static func set(_ call: RouteCall) async throws -> Response {
        let rules = try rules(try await call.jsonBody().members())
        guard try await call.environment.vault.setRules(rules, team: call.teamID, at: call.environment.now) else {
            throw APIError.notFound("team")
        }
        return .json(rules)
    }

    /// What these rules would find in what is stored, and in a text of the caller's own. They are not set.
    ///
    /// It takes the role that may set rules, which reads entries as well: what it shows, the caller could read.
    @Sendable static func `try`(_ call: RouteCall) async throws -> Response {
        let members = try await call.jsonBody().members()
        try members.allowOnly(["rules", "connector_identifier", "limit", "text"])
        guard let (given, _) = try members.optionalObject("rules") else { throw members.missing("rules") }
        // Places of faults are those that `set` tells.
        var request = RuleTrialRequest(rules: try rules(JSONMembers(values: given.values, path: "")))
        if let connector = try members.optionalText("connector_identifier", 1...100) {
            guard Connector.isIdentifier(connector) else {
                throw APIError(.unprocessableEntity, "connector_identifier has 1 to 100 of A-Z a-z 0-9 _ -")
            }
            request.connector = connector
        }
        if let limit = try members.optionalPositiveInteger("limit") {
            let range = RuleTrialLimits.entries
            guard let limit = Int(exactly: limit), range.contains(limit) else {
                throw APIError(.unprocessableEntity, "limit is \(range.lowerBound) to \(range.upperBound)")
            }
            request.limit = limit
        }
        request.text = try members.optionalText("text", RuleTrialLimits.text)
        let outcome = try await RuleTrialRun(environment: call.environment).run(request, team: call.teamID)
        return .json(outcome, capacity: 4096)
    }

    private static func rules(_ members: JSONMembers) throws(APIError) -> TeamRedactionRules {
        try members.allowOnly(["names", "exceptions", "patterns", "json_paths", "personal_data", "keep_no_bodies"])
        var rules = TeamRedactionRules()
        rules.names = try members.optionalTexts("names") ?? []
        rules.exceptions = try members.optionalTexts("exceptions") ?? []
        for pattern in try members.optionalObjects("patterns") ?? [] {
            try pattern.allowOnly(["name", "expression"])
            rules.patterns.append(
                TeamRedactionRules.Pattern(
                    name: try pattern.text("name", RuleLimits.patternName),
                    expression: try pattern.text("expression", RuleLimits.expressionCharacters)))
        }
        rules.jsonPaths = try members.optionalTexts("json_paths") ?? []
        if let (kinds, _) = try members.optionalObject("personal_data") {
            try kinds.allowOnly(["email", "phone", "iban"])
            rules.removesEmails = try kinds.optionalFlag("email") ?? false
            rules.removesPhoneNumbers = try kinds.optionalFlag("phone") ?? false
            rules.removesIBANs = try kinds.optionalFlag("iban") ?? false
        }
        rules.connectorsWithoutBodies = try members.optionalTexts("keep_no_bodies") ?? []
        return rules
    }
}
