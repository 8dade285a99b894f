import ArgumentParser
import ConnectorLogAPI

struct SecretListCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List secrets by name, without their values.")

    @OptionGroup var owner: SecretOwnerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let owner = try owner.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.secrets(of: owner)
            let listing = Listing(
                columns: SecretCommand.columns, rows: answer.content.secrets, document: answer.document,
                identifier: \.placeholder)
            try context.console.render(listing, as: output.format)
        }
    }
}
