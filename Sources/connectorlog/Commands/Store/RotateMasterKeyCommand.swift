import ArgumentParser
import ConnectorLogSecrets
import ConnectorLogServer

struct RotateMasterKeyCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-master-key", abstract: "Seal a store's secrets with a new master key.",
        discussion: """
            Stop the server first. The key in DIR/master-key is replaced by a new one. Where the server gets its key from \
            CONNECTORLOG_MASTER_KEY, give the old one there and the new one in CONNECTORLOG_NEW_MASTER_KEY, and start the \
            server with the new one. Cut short anywhere, it can be run again. Backups that were made before need the old \
            key: keep it as long as you keep those.
            """)

    /// The key that takes the place of `CONNECTORLOG_MASTER_KEY`.
    static let newKeyVariable = "CONNECTORLOG_NEW_MASTER_KEY"

    @OptionGroup var location: StoreLocation

    func run(in context: CommandContext) async throws {
        let keys = try Self.keys(in: context.environment)
        try await location.withCatalog(in: context) { catalog, directory in
            let rotation = MasterKeyRotation(catalog: catalog, random: ServerDependencies.systemRandomBytes)
            if let keys {
                try await rotation.rotate(from: keys.old, to: keys.new)
                try context.console.say("sealed with master key \(keys.new.id)")
                try context.console.tell(
                    "start the server with \(Setting.masterKey.environmentName) set to the new key")
            } else {
                let source = MasterKeySource(file: directory.masterKeyFile, configured: nil)
                let id = try await rotation.rotateFile(source)
                try context.console.say("sealed with master key \(id)")
                try context.console.tell("the new key is in \(source.file): keep a copy of it apart from the store")
            }
        }
    }

    private static func keys(
        in environment: [String: String]
    ) throws(CommandFailure) -> (old: MasterKey, new: MasterKey)? {
        let oldName = Setting.masterKey.environmentName
        switch (environment[oldName] ?? "", environment[newKeyVariable] ?? "") {
        case ("", ""): return nil
        case (let old, let new) where !old.isEmpty && !new.isEmpty:
            return (try key(old, oldName), try key(new, newKeyVariable))
        default:
            throw CommandFailure(.configuration, "\(oldName) and \(newKeyVariable) go together: give both or none")
        }
    }

    private static func key(_ text: String, _ name: String) throws(CommandFailure) -> MasterKey {
        guard let key = MasterKey(text: text) else {
            throw CommandFailure(.configuration, "\(name) has to be \(ServeConfiguration.masterKeyForm)")
        }
        return key
    }
}
