import ArgumentParser

struct RedactionSetCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Put other rules in the place of all that the team has.",
        discussion: "What the file leaves out is empty from then on. redaction try shows what rules would do.")

    @OptionGroup var rules: RulesFileOptions
    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        let rules = try rules.read()
        try await connection.withClient(in: context) { client in
            let answer = try await client.setRedactionRules(team: team, json: rules)
            try context.console.render(RedactionCommand.listing(answer), as: output.format)
        }
    }
}
