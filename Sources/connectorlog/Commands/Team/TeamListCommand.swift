import ArgumentParser
import ConnectorLogAPI

struct TeamListCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all teams (with an owner's key).")

    @OptionGroup var paging: PagingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        try await connection.withClient(in: context) { client in
            let answer = try await client.teams(cursor: paging.cursor)
            let listing = Listing(columns: TeamCommand.columns, page: answer, identifier: { String($0.id) })
            try context.console.render(listing, as: output.format)
        }
    }
}
