import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Foundation

struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Manage the secrets that never reach the log.",
        discussion: """
            A connector's secrets take an editor's key, those of a whole team an admin's. Values are given on standard input \
            or in a file, never as an argument, and no command shows them.
            """,
        subcommands: [
            SecretListCommand.self, SecretCreateCommand.self, SecretUpdateCommand.self, SecretDeleteCommand.self,
        ])

    static let columns: [Column<SecretDocument>] = [
        Column("SECRET") { $0.placeholder },
        Column("NAME", isFlexible: true) { $0.name },
        Column("CASE") { $0.ignoresCase ? "either" : "exact" },
        Column("CREATED (UTC)") { DisplayTime.seconds($0.createdAt) },
        Column("UPDATED (UTC)") { DisplayTime.seconds($0.updatedAt) },
    ]
}

/// Whose secrets.
struct SecretOwnerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The connector that they are of.", valueName: "identifier"))
    var connector: String?

    @Flag(help: "Those of the whole team, removed from what any of its connectors logs.")
    var teamWide = false

    @OptionGroup var team: TeamOption

    func validate() throws {
        guard (connector != nil) != teamWide else { throw ValidationError("give --connector or --team-wide") }
        if let connector, !Connector.isIdentifier(connector) {
            throw ValidationError("--connector has 1 to 100 of A-Z a-z 0-9 _ -")
        }
    }

    func resolve(in context: CommandContext) throws(CommandFailure) -> APIClient.SecretOwner {
        APIClient.SecretOwner(team: try team.resolve(in: context), connector: connector)
    }
}

/// A secret's value: every user of a machine can see the arguments of its processes, so that it is none.
struct SecretValueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the value; standard input if not given. One line feed at the end is not part of it.",
            valueName: "file"))
    var valueFile: String?

    /// More than any value of the limit takes.
    private static let maximumBytes = 1 << 16

    func read() throws(CommandFailure) -> String {
        let bytes: Data
        do {
            if let valueFile {
                let handle = try FileHandle(forReadingFrom: URL(filePath: valueFile))
                bytes = try Self.read(handle)
                try handle.close()
            } else if isatty(STDIN_FILENO) == 1 {
                // What is typed would stand on the screen.
                throw CommandFailure(.usage, "give the value by --value-file, or pipe it in")
            } else {
                bytes = try Self.read(.standardInput)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.noInput, "cannot read \(valueFile ?? "standard input")")
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.dataError, "the value is not UTF-8")
        }
        if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
        if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        guard SecretLimits.value.contains(text.unicodeScalars.count), bytes.count < Self.maximumBytes else {
            throw CommandFailure(
                .dataError,
                "the value has to have \(SecretLimits.value.lowerBound) to \(SecretLimits.value.upperBound) characters")
        }
        return text
    }

    private static func read(_ handle: FileHandle) throws -> Data {
        var bytes = Data()
        while bytes.count < maximumBytes, let more = try handle.read(upToCount: maximumBytes - bytes.count),
            !more.isEmpty
        {
            bytes += more
        }
        return bytes
    }
}
