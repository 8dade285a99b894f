import ArgumentParser
import ConnectorLogCore

struct LogsExportCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write calls whole, with headers and bodies, as an HTTP Archive (HAR 1.2).",
        discussion: """
            All calls that the filters choose, newest first, in one file, which browsers' developer tools open and which \
            ingest takes again without loss. It holds what is stored: redacted. Nobody but you may read the file, and it \
            appears when it is whole; a file that is there already is not replaced.
            """)

    /// Calls that are asked for at once; each comes whole.
    private static let page = 200

    @Argument(help: ArgumentHelp("The file to make; - for the standard output.", valueName: "file"))
    var file: String

    @OptionGroup var filters: EntryFilterOptions
    @OptionGroup var team: TeamOption
    @OptionGroup var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Write nothing when all is well.")
    var quiet = false

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        let console = context.console
        let output = file == "-" ? nil : try DraftFile(path: file)
        let archive = ArchiveWriter { bytes throws(CommandFailure) in
            if let output {
                try output.write(bytes)
            } else {
                try console.emit(String(decoding: bytes, as: UTF8.self), to: .output)
            }
        }
        try await connection.withClient(in: context) { client in
            var cursor: String?
            repeat {
                let page: APIClient.Query =
                    [("limit", String(Self.page))] + (cursor.map { [("cursor", $0)] } ?? [])
                cursor = try await client.archive(team: team, filters: filters.query + page) { piece in
                    try archive.take(piece)
                }
                try archive.endPage()
            } while cursor != nil
        }
        try archive.finish()
        try output?.publish()
        if !quiet { try console.tell("\(archive.count) calls written") }
    }
}
