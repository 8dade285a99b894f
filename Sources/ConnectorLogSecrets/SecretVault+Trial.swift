package import ConnectorLogCore

extension SecretVault {
    /// Rules to be tried out over what is stored, with the team's secrets. Nothing changes. Throws `.rules`, as `setRules`
    /// does, when they could not be set.
    package func trial(of rules: TeamRedactionRules, team: Int64) throws(SecretVaultError) -> RuleTrial {
        do throws(RedactionRulesError) {
            try RuleLimits.check(rules)
            return try book.trial(of: rules, team: team)
        } catch {
            throw .rules(error)
        }
    }
}
