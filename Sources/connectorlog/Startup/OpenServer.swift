import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogServer
import Logging

/// The store of a data directory, open, with all that a server needs beside it: secrets are known before the port opens,
/// so that none of them is stored meanwhile.
struct OpenServer: Sendable {
    let store: OpenStore
    let vault: SecretVault
    let signingKey: [UInt8]
    /// The owner's key when it was made just now. Secret; told once.
    let newKey: String?

    /// Opens the store, runs `body`, and closes the store however that ends.
    static func run(
        _ configuration: ServeConfiguration, in directory: borrowing DataDirectory,
        now: @escaping @Sendable () -> Timestamp, logger: Logger, _ body: (OpenServer) async throws -> Void
    ) async throws {
        let signingKey =
            if case .shared = configuration.storage, let masterKey = configuration.masterKey {
                SigningKey.derived(from: masterKey)
            } else {
                try SigningKey.load(
                    from: directory.signingKeyFile, random: ServerDependencies.systemRandomBytes)
            }
        let keys = MasterKeySource(file: directory.masterKeyFile, configured: configuration.masterKey)
        let adminKeyFile = directory.adminKeyFile
        let store = try await Wiring.openStore(
            configuration.storage, in: directory.path, retention: configuration.server.retention, now: now,
            logger: logger)
        let result: Result<Void, any Error>
        do {
            let vault = try await openVault(store.catalog, keys: keys)
            let firstStart = FirstStart(
                catalog: store.catalog, adminKeyFile: adminKeyFile, now: now,
                random: ServerDependencies.systemRandomBytes, warn: { logger.warning("\($0)") })
            let newKey = try await firstStart.prepare(adminKey: configuration.adminKey)
            try await body(OpenServer(store: store, vault: vault, signingKey: signingKey, newKey: newKey))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        logger.info("closing the store")
        try await store.close()
        try result.get()
    }

    private static func openVault(_ catalog: any Catalog, keys: MasterKeySource) async throws -> SecretVault {
        let random = ServerDependencies.systemRandomBytes
        let masterKey = try keys.load(for: try await SealedStore(of: catalog), random: random)
        do {
            return try await SecretVault.open(catalog: catalog, masterKey: masterKey, randomBytes: random)
        } catch {
            throw CommandFailure(error)
        }
    }
}
