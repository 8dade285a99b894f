import ArgumentParser
import ConnectorLogCore
import ConnectorLogSecrets

struct DiscardSecretsCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard-secrets", abstract: "Give up a store's secrets, whose master key is lost.",
        discussion: """
            Stop the server first. Everything that is sealed is deleted: the secrets of all teams, which have to be \
            registered anew before their connectors log again, and the key that placeholders in logs are made with, so \
            that they differ from then on. Entries, faults, keys, connectors and rules stay.
            """)

    @Flag(help: "Say that this is meant. It cannot be undone.")
    var yes = false

    @OptionGroup var location: StoreLocation

    func validate() throws {
        if !yes { throw ValidationError("this deletes the secrets of all teams: say --yes if that is meant") }
    }

    func run(in context: CommandContext) async throws {
        try await location.withCatalog(in: context) { catalog, _ in
            let secrets = try await catalog.allSecrets().count
            try await catalog.replaceSealed(SealedStore(of: catalog).removals)
            try context.console.say("discarded \(secrets) secrets")
        }
    }
}
