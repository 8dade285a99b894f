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
