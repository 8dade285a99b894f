import ArgumentParser

struct RedactionGetCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show the team's own rules of redaction.")

    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.redactionRules(team: team)
            try context.console.render(RedactionCommand.listing(answer), as: output.format)
        }
    }
}
