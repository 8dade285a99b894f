import Foundation
import Testing

@testable import connectorlog

@Suite struct CommandTests {
    private let entries = """
        {"logs":[{"id":"019a5e00-0000-7000-8000-000000000001","team_id":3,"log_time":"2026-01-31T12:00:00.123456Z",\
        "connector_identifier":"crm","event":null,"method":"GET","uri":"https://api.example/v1/a?b=1","status":404,\
        "outcome":"failed","duration_ms":41.5,"request_id":null,"flow_id":null,"flow_name":null,"flow_version":null,\
        "state_id":null,"trace_id":null,"span_id":null,"error_name":null,"error_message":null}],"next_cursor":"abc"}
        """

    @Test func listsInThreeForms() async {
        let transport = ScriptedTransport(status: 200, entries)
        let table = await CommandLineRun.run(["logs", "list", "--team", "3"], transport: transport)
        #expect(table.status == .success)
        #expect(
            table.output == """
                TIME (UTC)               OUTCOME  STATUS  MS  CONNECTOR  METHOD  URI                           ID
                2026-01-31 12:00:00.123  failed      404  42  crm        GET     https://api.example/v1/a?b=1  \
                019a5e00-0000-7000-8000-000000000001

                """)
        #expect(table.error == "there is more: --cursor abc\n")
        let json = await CommandLineRun.run(["logs", "list", "--team", "3", "--json"], transport: transport)
        #expect(json.output == entries + "\n")
        #expect(json.error.isEmpty)
        let quiet = await CommandLineRun.run(["logs", "list", "--team", "3", "--quiet"], transport: transport)
        #expect(quiet.output == "019a5e00-0000-7000-8000-000000000001\n")
        #expect(
            transport.requests.map(\.url)
                == Array(repeating: "http://127.0.0.1:8080/v1/teams/3/logs?limit=100", count: 3))
        #expect(transport.requests[0].header("Authorization") == "Bearer clk_key-of-a-test")
    }

    @Test func statusIsColouredOnATerminal() async {
        let transport = ScriptedTransport(status: 200, entries)
        let surface = Console.Surface(width: 200, hasColor: true)
        let run = await CommandLineRun.run(["logs", "list"], transport: transport, surface: surface)
        #expect(run.output.contains("\u{1B}[31mfailed\u{1B}[0m"))
    }

    @Test func filtersBecomeQueryParameters() async throws {
        let transport = ScriptedTransport(status: 200, #"{"logs":[],"next_cursor":null}"#)
        let run = await CommandLineRun.run(
            [
                "logs", "list", "--connector", "crm", "--state-id", "a b", "--flow-id", "f", "--outcome", "failed",
                "--method", "GET", "--status", "5xx", "--event", "data.load", "--request-id", "r", "--text", "ü&",
                "--from", "2026-01-31", "--to", "2026-02-01T00:00:00+01:00", "--limit", "7", "--cursor", "c",
                "--url", "https://log.example.org/prefix/",
            ], transport: transport)
        #expect(run.status == .success)
        #expect(
            transport.requests[0].url
                == "https://log.example.org/prefix/v1/teams/1/logs?connector=crm&state_id=a%20b&flow_id=f&outcome=failed"
                + "&method=GET&status=5xx&event=data.load&request_id=r&text=%C3%BC%26"
                + "&from=2026-01-31T00%3A00%3A00.000000Z&to=2026-01-31T23%3A00%3A00.000000Z&limit=7&cursor=c")
    }

    @Test func createsKeyAndWritesItAloneToStandardOutput() async throws {
        let transport = ScriptedTransport(
            status: 201,
            """
            {"id":"k1","name":"exporter","role":"recorder","prefix":"clk_abcd","created_at":"2026-01-31T12:00:00.000000Z",\
            "last_used_at":null,"expires_at":null,"key":"clk_abcdefgh"}
            """)
        let run = await CommandLineRun.run(
            ["key", "create", "exporter", "--role", "recorder", "--team", "2", "--expires-in", "30d"],
            transport: transport)
        #expect(run.status == .success)
        #expect(run.output == "clk_abcdefgh\n")
        let request = try #require(transport.requests.first)
        #expect(request.url == "http://127.0.0.1:8080/v1/teams/2/keys")
        let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
        #expect(
            body == ["name": "exporter", "role": "recorder", "expires_at": "2023-12-14T22:13:20.000000Z"])
    }

    @Test func teamComesFromTheEnvironmentToo() async {
        let transport = ScriptedTransport(status: 204, "")
        let run = await CommandLineRun.run(
            ["key", "revoke", "key/1"], transport: transport,
            environment: ["CONNECTORLOG_API_KEY": "clk_x", "CONNECTORLOG_TEAM": "9"])
        #expect(run.status == .success)
        #expect(transport.requests.map(\.url) == ["http://127.0.0.1:8080/v1/teams/9/keys/key%2F1"])
        #expect(transport.requests.map(\.method) == ["DELETE"])
    }

    @Test(arguments: [
        "{", #"{"logs":[{"id":"no"}],"next_cursor":null}"#, "<html>",
    ])
    func answerOfAnotherServerIsAnInternalError(body: String) async {
        let run = await CommandLineRun.run(["logs", "list"], transport: ScriptedTransport(status: 200, body))
        #expect(run.status == .internalError)
        #expect(run.output.isEmpty)
    }
}
