import ArgumentParser

struct KeyRevokeCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a key. It holds at once.")

    @Argument(help: "The key's id, as key list shows it.")
    var id: String

    @OptionGroup var team: TeamOption
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            try await client.revokeKey(team: team, id: id)
            try context.console.tell("revoked")
        }
    }
}
