import ArgumentParser
import ConnectorLogAPI
import ConnectorLogBlockStore
import ConnectorLogCore
import ConnectorLogSecrets
import Foundation

struct VerifySecretsCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-secrets", abstract: "Look for registered secrets in all that is stored.",
        discussion: """
            Unseals the secrets of the store in --data with its master key, and looks for their present values, however \
            they are encoded, in every entry, in every other row, and in the bytes of the files. Says where they stand, and \
            never what they are. Changes nothing, and may run beside a server.

            Exit code 0 says that nothing was found, 3 that something was, 65 that nothing was, but that something is damaged \
            and could not be searched. With --erase, stop the server first; the codes are then those of a second search.
            """)

    @OptionGroup var location: StoreLocation

    @Option(
        help: ArgumentHelp(
            "A backup to search as well, for the secrets of --data: a directory or a file. May be repeated.",
            valueName: "path"))
    var backup: [String] = []

    @Flag(
        help: """
            Put placeholders in the place of what is found in --data, and search again. Entries stay, without the secret. \
            Backups are never changed.
            """)
    var erase = false

    @Flag(help: "Write a JSON document.")
    var json = false

    func run(in context: CommandContext) async throws {
        let path = location.path(environment: context.environment)
        let scopes = try Self.scopes(of: path, environment: context.environment)
        var result = SecretSearchResult(secrets: scopes.secrets.count)
        if erase {
            try await search(path, erasing: scopes, into: &result, context)
        } else {
            result.stores.append(.init(path: path, isBackup: false, report: try Self.search(path, scopes, context)))
        }
        for path in backup {
            result.stores.append(.init(path: path, isBackup: true, report: try Self.search(path, scopes, context)))
        }
        if json {
            try context.console.show(document: JSONWriter.bytes(of: result))
        } else {
            try result.show(on: context.console)
        }
        if result.exit != .success { throw ExitCode(result.exit.rawValue) }
    }

    private func search(
        _ path: String, erasing scopes: SecretScopes, into result: inout SecretSearchResult, _ context: CommandContext
    ) async throws {
        // Held from the first search to the last: no server stores anything in between.
        let directory = try location.hold(in: context)
        result.before = try Self.search(path, scopes, context)
        var erasure = SecretErasure()
        try await StoreLocation.withStore(in: directory, context) { store in
            let meter = StepMeter("blocks", console: context.console, now: context.now)
            defer { meter.finish() }
            erasure = try await store.eraseSecrets(scopes, meter.note)
        }
        var report = try Self.search(path, scopes, context)
        // SQLite may leave a piece of a row that it moved within a page.
        let hasRemnant = report.findings.contains { finding in
            if case .file(StoreBackup.fileName, _) = finding.place { true } else { false }
        }
        if hasRemnant {
            try await StoreLocation.withStore(in: directory, context) { store in try await store.rebuild() }
            report = try Self.search(path, scopes, context)
        }
        result.erasure = erasure
        result.stores.append(.init(path: path, isBackup: false, report: report))
        directory.release()
    }

    private static func search(
        _ path: String, _ scopes: SecretScopes, _ context: CommandContext
    ) throws(CommandFailure) -> SecretReport {
        let meter = StepMeter("blocks and megabytes", console: context.console, now: context.now)
        defer { meter.finish() }
        do {
            return try SecretVerification.run(path, scopes: scopes, progress: meter.note)
        } catch let error as StoreError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.ioError, "cannot read \(path)")
        }
    }

    // MARK: - Secrets

    private static func scopes(
        of path: String, environment: [String: String]
    ) throws(CommandFailure) -> SecretScopes {
        do {
            let sealed = try SecretVerification.sealed(in: path)
            guard !sealed.secrets.isEmpty else { return SecretScopes([]) }
            let source = MasterKeySource(
                file: directory(of: path) + "/master-key", configured: try configuredKey(in: environment))
            let key = try source.find(for: SealedStore(sealed.secrets, keys: sealed.keys))
            let unsealed = try UnsealedSecrets(sealed.secrets, keys: sealed.keys, masterKey: key)
            return SecretScopes(
                unsealed.items.map { item in
                    OwnedSecret(
                        team: item.record.teamID, connector: item.record.connectorIdentifier,
                        secret: .init(
                            name: item.record.placeholder, known: item.known, placeholder: item.placeholder))
                })
        } catch let error as CommandFailure {
            throw error
        } catch let error as VaultOpeningError {
            throw CommandFailure(error)
        } catch let error as StoreError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.internalError, "the secrets of \(path) cannot be read")
        }
    }

    private static func configuredKey(in environment: [String: String]) throws(CommandFailure) -> MasterKey? {
        let name = Setting.masterKey.environmentName
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let key = MasterKey(text: text) else {
            throw CommandFailure(.configuration, "\(name) has to be \(ServeConfiguration.masterKeyForm)")
        }
        return key
    }

    /// The master key's file lies beside the store's.
    private static func directory(of path: String) -> String {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if !exists || isDirectory.boolValue { return path }
        return URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    }
}
