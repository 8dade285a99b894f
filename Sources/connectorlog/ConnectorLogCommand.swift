import ArgumentParser
import ConnectorLogCore
import Foundation

@main
struct ConnectorLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectorlog",
        abstract: "Records every API call that connectors make, and answers which one broke a run.",
        discussion: """
            serve runs the server; check, backup and verify-secrets read a store on this machine, store changes what its \
            secrets are sealed with; the other commands talk to a server (CONNECTORLOG_URL, CONNECTORLOG_API_KEY).

            EXIT CODES
            \(ExitReason.helpTable)
            """,
        version: ProgramVersion.text,
        subcommands: [
            ServeCommand.self, IngestCommand.self, LogsCommand.self, TeamCommand.self, KeyCommand.self,
            SecretCommand.self, RedactionCommand.self,
            CheckCommand.self, BackupCommand.self, VerifySecretsCommand.self, StoreCommand.self, VersionCommand.self,
            DocsCommand.self,
        ]
    )

    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        let context = CommandContext(
            console: .standard(environment: environment),
            environment: environment,
            now: { SystemTime.now },
            clock: ContinuousClock(),
            random: { Double.random(in: 0..<1) },
            transport: nil
        )
        let status = await run(Array(CommandLine.arguments.dropFirst()), in: context)
        Foundation.exit(status.rawValue)
    }

    /// Runs one command line and says how the program should exit.
    static func run(_ arguments: [String], in context: CommandContext) async -> ExitReason {
        do throws(CommandFailure) {
            return try await runThrowing(arguments, in: context)
        } catch {
            // When standard error is gone too, the exit code has to do.
            try? context.console.tell("connectorlog: " + error.message)
            return error.status
        }
    }

    private static func runThrowing(
        _ arguments: [String], in context: CommandContext
    ) async throws(CommandFailure) -> ExitReason {
        do {
            let command = try parseAsRoot(arguments)
            if let command = command as? any ContextualCommand {
                try await command.run(in: context)
            } else {
                // The root and the nouns have nothing of their own to run: their help is the answer.
                var command = command
                try command.run()
            }
            return .success
        } catch let failure as CommandFailure {
            throw failure
        } catch let exit as ExitCode {
            return ExitReason(rawValue: exit.rawValue) ?? .internalError
        } catch {
            return try explain(error, in: context)
        }
    }

    /// Help, version and wrong arguments come from the argument parser as errors; anything else is a fault of this program.
    private static func explain(_ error: any Error, in context: CommandContext) throws(CommandFailure) -> ExitReason {
        switch exitCode(for: error) {
        case .success:
            try context.console.say(fullMessage(for: error))
            return .success
        case .validationFailure:
            try context.console.tell(fullMessage(for: error))
            return .usage
        default:
            throw CommandFailure(.internalError, "unexpected failure of type \(type(of: error))")
        }
    }
}
