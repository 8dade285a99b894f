import ArgumentParser
import ConnectorLogAPI

struct SecretCreateCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Register a secret. From then on its value is removed from what is logged.",
        discussion: """
            The secret's placeholder goes to standard output: \
            connectorlog secret create token --connector crm < token.txt
            """)

    @Argument(help: "What the secret is called; taken once in a connector, and in a team for itself.")
    var name: String

    @Flag(help: "Look for the value in ASCII letters of either case.")
    var ignoreCase = false

    @OptionGroup var value: SecretValueOptions
    @OptionGroup var owner: SecretOwnerOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let owner = try owner.resolve(in: context)
        let secret = NewSecretDocument(name: name, value: try value.read(), ignoresCase: ignoreCase)
        try await connection.withClient(in: context) { client in
            let answer = try await client.createSecret(secret, of: owner)
            guard let made = answer.content.secrets.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw APIFailure(.unexpectedAnswer, message: "the answer is not one of this API")
            }
            try context.console.say(made.placeholder.withoutControls)
        }
    }
}
