import ArgumentParser

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Look at recorded calls.",
        subcommands: [LogsListCommand.self, LogsGetCommand.self])
}
