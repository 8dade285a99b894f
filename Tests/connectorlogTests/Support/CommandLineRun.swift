import ConnectorLogCore
import Testing

@testable import connectorlog

/// One run of the program as a whole, without terminal and network.
struct CommandLineRun {
    var status: ExitReason
    var output: String
    var error: String

    static func run(
        _ arguments: [String], transport: any HTTPTransport = ScriptedTransport(status: 500, ""),
        environment: [String: String] = ["CONNECTORLOG_API_KEY": "clk_key-of-a-test"],
        surface: Console.Surface = .plain, clock: any Clock<Duration> = RecordingClock(),
        now: Timestamp = Timestamp(microseconds: 1_700_000_000_000_000)
    ) async -> CommandLineRun {
        let captured = CapturedConsole()
        let context = CommandContext(
            console: captured.console(output: surface), environment: environment,
            now: { now }, clock: clock, random: { 0.5 }, transport: transport
        )
        let status = await ConnectorLogCommand.run(arguments, in: context)
        return CommandLineRun(status: status, output: captured.output, error: captured.error)
    }
}
