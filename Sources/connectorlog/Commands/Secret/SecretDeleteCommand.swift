import ArgumentParser

struct SecretDeleteCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret. Its value is looked for no longer.")

    @Argument(help: "The secret's placeholder, as secret list shows it.")
    var secret: String

    @OptionGroup var owner: SecretOwnerOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let owner = try owner.resolve(in: context)
        try await connection.withClient(in: context) { client in
            try await client.deleteSecret(secret, of: owner)
            try context.console.tell("deleted")
        }
    }
}
