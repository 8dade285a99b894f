import ArgumentParser
import ConnectorLogBlockStore
import ConnectorLogCore
import Foundation
import Logging
import Synchronization

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Make the tables of a shared store; copy a store; change what its secrets are sealed with.",
        subcommands: [MigrateCommand.self, CopyCommand.self, RotateMasterKeyCommand.self, DiscardSecretsCommand.self])
}

extension StoreLocation {
    /// Runs `body` on the catalog of a store that no server has open, and closes it.
    func withCatalog(
        in context: CommandContext, _ body: (any Catalog, borrowing DataDirectory) async throws -> Void
    ) async throws {
        let directory = try hold(in: context)
        try await Self.withStore(in: directory, context) { store in try await body(store.open.catalog, directory) }
        directory.release()
    }

    /// Takes hold of a data directory with a store in it, so that no server opens it meanwhile.
    func hold(in context: CommandContext) throws(CommandFailure) -> DataDirectory {
        umask(0o077)
        let path = path(environment: context.environment)
        // Taking hold of a directory would make it.
        guard FileManager.default.fileExists(atPath: path + "/" + StoreBackup.fileName) else {
            throw CommandFailure(.noInput, "there is no store in \(path)")
        }
        return try DataDirectory(path: path)
    }

    /// Opens the store, runs `body`, and closes it.
    static func withStore(
        in directory: borrowing DataDirectory, _ context: CommandContext, _ body: (EmbeddedStore) async throws -> Void
    ) async throws {
        let console = Mutex(context.console)
        let logger = Logger(label: "connectorlog") { _ in
            ServerLog(level: .warning, format: .line, now: context.now) { line in
                console.withLock { try? $0.emit(line, to: .error) }
            }
        }
        do {
            let store = try await Wiring.openEmbedded(
                in: directory.path, retention: .forever, now: context.now, logger: logger)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(store))
            } catch {
                result = .failure(error)
            }
            try await store.open.close()
            try result.get()
        } catch let error as StoreError {
            throw CommandFailure(error)
        }
    }
}
