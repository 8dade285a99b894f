import ArgumentParser
import ConnectorLogAPI

struct SecretUpdateCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Give a secret another value. The one before is looked for no longer.")

    @Argument(help: "The secret's placeholder, as secret list shows it.")
    var secret: String

    @OptionGroup var value: SecretValueOptions
    @OptionGroup var owner: SecretOwnerOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let owner = try owner.resolve(in: context)
        let change = SecretChangeDocument(value: try value.read())
        try await connection.withClient(in: context) { client in
            try await client.updateSecret(secret, change, of: owner)
            try context.console.tell("updated")
        }
    }
}
