import ConnectorLogCore
import Testing

@testable import connectorlog

@Suite struct ExitReasonTests {
    @Test func numbersAreThoseOfSysexits() {
        #expect(ExitReason.allCases.map(\.rawValue) == [0, 3, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78])
    }

    @Test func helpOfTheProgramListsThem() async {
        let run = await CommandLineRun.run(["--help"])
        #expect(run.status == .success)
        for status in ExitReason.allCases {
            #expect(run.output.contains("\(status.rawValue)"))
            #expect(run.output.contains(status.meaning))
        }
    }

    @Test(arguments: [
        ["logs", "list", "--limit", "0"], ["logs", "list", "--outcome", "maybe"], ["logs", "list", "--status", "6xx"],
        ["logs", "list", "--from", "yesterday"], ["logs", "list", "--json", "--quiet"], ["logs", "get"], ["nothing"],
        ["key", "create", "x", "--role", "king"], ["key", "create", "x", "--role", "viewer", "--expires-in", "0d"],
        ["key", "create", "x", "--role", "viewer", "--expires-in", "9223372036854775807w"],
        ["team", "create", "x", "--id", "0"], ["ingest"], ["ingest", "a", "a"], ["logs", "list", "--url", "ftp://x"],
        ["logs", "list", "--url", "http://user:password@x"], ["serve", "--port", "many"], ["backup"],
        ["backup", "--to", ""], ["check", "there"],
    ])
    func wrongCommandLineIsUsage(arguments: [String]) async {
        let run = await CommandLineRun.run(arguments)
        #expect(run.status == .usage)
        #expect(!run.error.isEmpty)
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [
        (400, ExitReason.dataError), (401, .noPermission), (403, .noPermission), (404, .noInput), (409, .dataError),
        (413, .dataError), (415, .dataError), (422, .dataError), (429, .temporaryFailure), (500, .internalError),
        (502, .temporaryFailure), (503, .temporaryFailure), (504, .temporaryFailure), (507, .temporaryFailure),
    ])
    func statusOfTheServerDecides(status: Int, expected: ExitReason) async {
        let transport = ScriptedTransport { _, _ in .success(.problem(status, "SOME_CODE", "what is wrong")) }
        let run = await CommandLineRun.run(["team", "list"], transport: transport)
        #expect(run.status == expected)
        #expect(run.error == "connectorlog: what is wrong (SOME_CODE), request request-1234\n")
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [
        (APIFailure.Kind.unconnected, ExitReason.unavailable), (.unreachable, .unavailable),
        (.timedOut, .temporaryFailure),
        (.misdirected, .configuration), (.unexpectedAnswer, .internalError),
    ])
    func troubleOnTheWayDecides(kind: APIFailure.Kind, expected: ExitReason) async {
        let transport = ScriptedTransport { _, _ in .failure(APIFailure(kind, message: "trouble")) }
        #expect(await CommandLineRun.run(["team", "list"], transport: transport).status == expected)
    }

    @Test func errorsDoNotCarryTheKey() async {
        let transport = ScriptedTransport { _, _ in .success(.json(401, "not our envelope")) }
        let run = await CommandLineRun.run(
            ["team", "list"], transport: transport, environment: ["CONNECTORLOG_API_KEY": "clk_very-secret-key"])
        #expect(run.status == .noPermission)
        #expect(!run.error.contains("clk_very-secret-key"))
    }

    @Test func missingKeyIsConfiguration() async {
        #expect(await CommandLineRun.run(["team", "list"], environment: [:]).status == .configuration)
    }

    @Test func unwritableOutputIsIOError() async {
        struct Closed: Error {}
        let console = Console(output: .plain, error: .plain) { stream, _ in if stream == .output { throw Closed() } }
        let context = CommandContext(
            console: console, environment: [:], now: { .init(microseconds: 0) }, clock: RecordingClock(), random: { 0 })
        #expect(await ConnectorLogCommand.run(["version"], in: context) == .ioError)
    }
}
