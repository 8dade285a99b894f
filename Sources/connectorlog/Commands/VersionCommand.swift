import ArgumentParser

struct VersionCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say the version of this program.")

    @Flag(help: "Write a JSON document.")
    var json = false

    func run(in context: CommandContext) async throws {
        try context.console.say(
            json ? "{\"version\":\"\(ProgramVersion.text)\"}" : "connectorlog " + ProgramVersion.text)
    }
}
