import ArgumentParser

/// For this project's own upkeep: makes the documents that a test holds against the code.
struct DocsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs", abstract: "Write generated documentation.", shouldDisplay: false,
        subcommands: [Settings.self])

    struct Settings: ContextualCommand {
        static let configuration = CommandConfiguration(
            commandName: "settings", abstract: "Write docs/configuration.md to standard output.")

        func run(in context: CommandContext) async throws {
            try context.console.emit(SettingsDocument.text, to: .output)
        }
    }
}
