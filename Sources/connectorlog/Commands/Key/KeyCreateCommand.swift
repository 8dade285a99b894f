import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct KeyCreateCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a key. It is shown once.",
        discussion: """
            viewer reads; recorder only writes; editor reads, writes and manages connectors; admin also manages keys.
            The key alone goes to standard output, so that it can be put where it belongs: \
            connectorlog key create exporter --role recorder > exporter.key
            """)

    @Argument(help: "What the key is for.")
    var name: String

    @Option(help: "viewer, recorder, editor or admin.")
    var role: Role

    @OptionGroup var team: TeamOption

    @Option(
        help: ArgumentHelp("How long the key holds: 90m, 12h, 30d, 52w; without end if not given.", valueName: "time"))
    var expiresIn: KeyLifetime?

    @Flag(help: "Write the API's JSON document.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        let expiresAt = expiresIn.map { context.now().advanced(bySeconds: $0.seconds).description }
        try await connection.withClient(in: context) { client in
            let answer = try await client.createKey(
                team: team, NewKeyDocument(name: name, role: role, expiresAt: expiresAt))
            if json { return try context.console.show(document: answer.document) }
            guard let key = answer.content.key else {
                throw APIFailure(.unexpectedAnswer, message: "the answer is not one of this API")
            }
            try context.console.tell("key \(answer.content.id.withoutControls) of team \(team), shown this once:")
            try context.console.say(key.withoutControls)
        }
    }
}

extension Role: ExpressibleByArgument {}

/// How long a key holds.
struct KeyLifetime: ExpressibleByArgument, Equatable, Sendable {
    /// 1 minute to 100 years.
    var seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = argument.last, let unit = units[last], let count = Int64(argument.dropLast()), count > 0
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, seconds <= 100 * 366 * 86_400 else { return nil }
        self.seconds = seconds
    }
}
