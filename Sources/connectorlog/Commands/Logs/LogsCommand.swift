import ArgumentParser

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Look at recorded calls, and erase them.",
        subcommands: [
            LogsListCommand.self, LogsGetCommand.self, LogsExportCommand.self, LogsEraseCommand.self,
            LogsErasuresCommand.self,
        ])
}
