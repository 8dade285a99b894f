import ArgumentParser
import ConnectorLogAPI

struct TeamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "team", abstract: "Manage teams.",
        subcommands: [TeamCreateCommand.self, TeamListCommand.self, TeamRetentionCommand.self])

    static let columns: [Column<TeamDocument>] = [
        Column("ID", alignment: .right) { String($0.id) },
        Column("NAME", isFlexible: true) { $0.name },
        Column("CREATED (UTC)") { DisplayTime.seconds($0.createdAt) },
    ]
}
