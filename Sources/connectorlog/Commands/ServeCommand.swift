import ArgumentParser
import ConnectorLogCore
import ConnectorLogServer
import Foundation
import Logging
import Metrics
import NIOCore
import Synchronization

struct ServeCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server.",
        discussion: """
            Each setting is a flag, an environment variable CONNECTORLOG_<NAME>, or a member of the file of --config; the
            first of these that is given counts. On an empty data directory it makes team 1 and an owner's key, which it
            prints once and saves as admin-key. SIGTERM and SIGINT end it after the requests under way are answered.
            """)

    @Option(help: ArgumentHelp("JSON file of settings (CONNECTORLOG_CONFIG).", valueName: "file"))
    var config: String?

    @OptionGroup var settings: SettingFlags

    func run(in context: CommandContext) async throws {
        let configuration = try await load(environment: context.environment)
        let logger = makeLogger(configuration, context: context)
        warnOfUnknownVariables(context.environment, logger: logger)
        do {
            let directory = try DataDirectory(path: configuration.dataDirectory)
            try await serve(configuration, in: directory, context: context, logger: logger)
            directory.release()
        } catch let error as StoreError {
            throw CommandFailure(error)
        } catch let error as SettingsError {
            throw CommandFailure(.configuration, error.message)
        } catch let error as IOError {
            throw Self.failure(
                for: error, host: configuration.server.host, port: configuration.server.port, setting: .port)
        } catch let error as PortService.Failure {
            throw Self.failure(
                for: error.cause, host: configuration.server.host, port: error.port, setting: error.setting)
        }
    }

    private func load(environment: [String: String]) async throws(CommandFailure) -> ServeConfiguration {
        var sources = SettingSources(flags: settings.values, environment: environment)
        let named = environment[Self.configVariable].flatMap { $0.isEmpty ? nil : $0 }
        if let file = config ?? named { sources.file = try SettingSources.readFile(file) }
        return try await ServeConfiguration.load(from: sources)
    }

    private func serve(
        _ configuration: ServeConfiguration, in directory: borrowing DataDirectory, context: CommandContext,
        logger: Logger
    ) async throws {
        // What the store and the keys' files hold is nobody else's to read, whatever the directory's mode.
        umask(0o077)
        // A file at the limit of its size (setrlimit(2), RLIMIT_FSIZE) is a full disk, and no reason to end.
        signal(SIGXFSZ, SIG_IGN)
        Memory.configure()
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        let adminKeyFile = directory.adminKeyFile
        try await OpenServer.run(configuration, in: directory, now: context.now, logger: logger) { server in
            let announcement = Announcement(
                console: context.console, newKey: server.newKey, keyFile: adminKeyFile,
                hasConfiguredKey: configuration.adminKey != nil)
            let run = ServerRun(
                configuration: configuration, store: server.store, vault: server.vault, signingKey: server.signingKey,
                now: context.now, clock: context.clock, metrics: metrics, logger: logger,
                tell: { event in
                    do {
                        try announcement.tell(event)
                    } catch {
                        logger.warning("standard output is closed")
                    }
                })
            try await run.run()
        }
    }

    private func makeLogger(_ configuration: ServeConfiguration, context: CommandContext) -> Logger {
        // One line at a time, whole: lines of several threads must not mix.
        let console = Mutex(context.console)
        return Logger(label: "connectorlog") { _ in
            ServerLog(level: configuration.logLevel, format: configuration.logFormat, now: context.now) { line in
                // A log that cannot be written has nowhere to say so.
                console.withLock { try? $0.emit(line, to: .error) }
            }
        }
    }

    private static let configVariable = "CONNECTORLOG_CONFIG"

    /// A misspelt variable would otherwise be silently without effect. Its value may be secret, so only its name is told.
    private func warnOfUnknownVariables(_ environment: [String: String], logger: Logger) {
        let known = Set(
            Setting.all.map(\.environmentName) + [
                Self.configVariable, "CONNECTORLOG_URL", "CONNECTORLOG_API_KEY", "CONNECTORLOG_TEAM",
                RotateMasterKeyCommand.newKeyVariable,
            ])
        for name in environment.keys.sorted() where name.hasPrefix(Setting.environmentPrefix + "_") {
            if !known.contains(name) {
                logger.warning("environment variable is no setting", metadata: ["name": "\(name)"])
            }
        }
    }

    private static func failure(
        for error: IOError, host: String, port: Int, setting: Setting
    ) -> CommandFailure {
        switch error.errnoCode {
        case EADDRINUSE:
            CommandFailure(.unavailable, "port \(port) of \(host) is taken: give another --\(setting.name)")
        case EADDRNOTAVAIL:
            CommandFailure(.configuration, "\(host) is no address of this machine")
        case EACCES, EPERM:
            CommandFailure(.noPermission, "may not listen on port \(port) of \(host)")
        default:
            CommandFailure(.ioError, "cannot listen on port \(port) of \(host)")
        }
    }
}

/// What `serve` says on standard output: where it listens, and what a newcomer needs to go on.
private struct Announcement: Sendable {
    let console: Console
    /// Secret; made just now and told once.
    let newKey: String?
    let keyFile: String
    let hasConfiguredKey: Bool

    func tell(_ event: ServerRun.Event) throws(CommandFailure) {
        switch event {
        case .listening(let url):
            try console.say("listening on \(url)")
            if let newKey {
                try console.say("admin key, shown this once: \(newKey)")
                try console.say("saved in \(keyFile)")
            } else if !hasConfiguredKey, FileManager.default.fileExists(atPath: keyFile) {
                try console.say("admin key in \(keyFile)")
            }
        case .listeningForOTLP(let transport, let address):
            try console.say("listening for OTLP/\(transport.rawValue) on \(address)")
        case .sampleRecorded(let page):
            try console.say("a failed run to look at: \(page)")
        }
    }
}
