import ArgumentParser
import ConnectorLogCore

/// What a command runs in: passed in whole, so that a test runs commands as the program does, with neither terminal nor
/// network.
struct CommandContext: Sendable {
    var console: Console
    var environment: [String: String]
    var now: @Sendable () -> Timestamp
    var clock: any Clock<Duration>
    /// 0..<1.
    var random: @Sendable () -> Double
    /// Nil: the network. Tests put a server of their own here.
    var transport: (any HTTPTransport)?
}

/// A command that takes its surroundings as an argument.
protocol ContextualCommand: AsyncParsableCommand {
    func run(in context: CommandContext) async throws
}

/// Where to reach the server. No option takes a key: every user of a machine can see the arguments of its processes.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Address of the server (CONNECTORLOG_URL; default: \(ServerConnection.defaultURL)).")
    var url: String?

    @Option(
        help: ArgumentHelp(
            "File that holds the API key. Without it CONNECTORLOG_API_KEY counts, then admin-key in the data directory.",
            valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "Data directory of a server on this machine (CONNECTORLOG_DATA; default: ./connectorlog-data).",
            valueName: "directory"))
    var data: String?

    @Option(help: ArgumentHelp("Seconds that one request may take.", valueName: "seconds"))
    var timeout = 60

    func validate() throws {
        guard (1...3600).contains(timeout) else { throw ValidationError("--timeout has to be 1...3600 seconds") }
    }

    /// Runs `body` with a client of the server; failures of the API become failures of the command.
    func withClient(in context: CommandContext, _ body: (APIClient) async throws -> Void) async throws {
        let connection = try ServerConnection.resolve(
            url: url, keyFile: keyFile, dataDirectory: data, environment: context.environment)
        func run(_ transport: any HTTPTransport) async throws {
            try await body(APIClient(baseURL: connection.baseURL, key: connection.key, transport: transport))
        }
        do {
            if let transport = context.transport {
                try await run(transport)
            } else {
                try await NetworkTransport.run(timeout: .seconds(timeout)) { try await run($0) }
            }
        } catch let failure as APIFailure {
            throw failure.commandFailure
        }
    }
}

/// How the answer is written.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write the API's JSON document.")
    var json = false

    @Flag(name: .shortAndLong, help: "Write ids alone, one a line.")
    var quiet = false

    var format: OutputFormat { json ? .json : quiet ? .quiet : .table }

    func validate() throws {
        if json && quiet { throw ValidationError("--json and --quiet exclude each other") }
    }
}

/// Which page of a list.
struct PagingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the list before this one ended.", valueName: "cursor"))
    var cursor: String?
}

/// Which team is asked about.
struct TeamOption: ParsableArguments {
    @Option(help: ArgumentHelp("The team (CONNECTORLOG_TEAM; default: 1).", valueName: "id"))
    var team: Int64?

    func validate() throws {
        if let team, team < 1 { throw ValidationError("--team has to be 1 or more") }
    }

    func resolve(in context: CommandContext) throws(CommandFailure) -> Int64 {
        if let team { return team }
        guard let text = context.environment["CONNECTORLOG_TEAM"], !text.isEmpty else { return 1 }
        guard let team = Int64(text), team >= 1 else {
            throw CommandFailure(.configuration, "CONNECTORLOG_TEAM has to be an integer of 1 or more")
        }
        return team
    }
}
