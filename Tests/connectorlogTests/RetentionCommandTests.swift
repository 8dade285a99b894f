import Configuration
import ConnectorLogCore
import ConnectorLogServer
import Foundation
import Testing

@testable import connectorlog

@Suite struct RetentionCommandTests {
    private static func erasure(_ kind: String, _ target: String, unreadable: Int = 0) -> String {
        """
        {"number":7,"kind":"\(kind)","target":"\(target)","key_id":"key_1",\
        "requested_at":"2026-01-31T12:00:00.000000Z","completed_at":"2026-01-31T12:00:01.000000Z","entries":12,\
        "faults":3,"states":1,"unreadable_blocks":\(unreadable)}
        """
    }

    @Test(arguments: [
        (["--state-id", "a b"], "http://127.0.0.1:8080/v1/teams/2/states/a%20b"),
        (["--connector", "crm"], "http://127.0.0.1:8080/v1/teams/2/connectors/crm/logs"),
        (
            ["019a5e00-0000-7000-8000-000000000001"],
            "http://127.0.0.1:8080/v1/teams/2/logs/019a5e00-0000-7000-8000-000000000001"
        ),
    ])
    func erasesOneOfThree(_ arguments: [String], _ url: String) async {
        let transport = ScriptedTransport(status: 200, Self.erasure("state", "a b"))
        let run = await CommandLineRun.run(
            ["logs", "erase"] + arguments + ["--yes", "--team", "2"], transport: transport)
        #expect(run.status == .success)
        #expect(transport.requests.map(\.method) == ["DELETE"])
        #expect(transport.requests.map(\.url) == [url])
        #expect(
            run.output == """
                NO  REQUESTED (UTC)      COMPLETED (UTC)      KIND   TARGET  KEY    CALLS  FAULTS  RUNS
                 7  2026-01-31 12:00:00  2026-01-31 12:00:01  state  a b     key_1     12       3     1

                """)
        #expect(run.error.isEmpty)
    }

    @Test(arguments: [
        [], ["--yes"], ["019a5e00-0000-7000-8000-000000000001"], ["--connector", "crm"], ["no-id", "--yes"],
        ["--connector", "a b", "--yes"], ["--connector", "crm", "--state-id", "run", "--yes"],
    ])
    func asksForOneTargetAndAYes(_ arguments: [String]) async {
        let transport = ScriptedTransport(status: 200, Self.erasure("state", "run"))
        let run = await CommandLineRun.run(["logs", "erase"] + arguments, transport: transport)
        #expect(run.status == .usage)
        #expect(transport.requests.isEmpty)
    }

    @Test func tellsOfBlocksThatCouldNotBeSearched() async {
        let transport = ScriptedTransport(status: 200, Self.erasure("connector", "crm", unreadable: 2))
        let run = await CommandLineRun.run(
            ["logs", "erase", "--connector", "crm", "--yes", "--json"], transport: transport)
        #expect(run.output == Self.erasure("connector", "crm", unreadable: 2) + "\n")
        #expect(run.error.contains("2 damaged blocks"))
    }

    @Test func refusalOfTheServerIsAnExitCode() async {
        let transport = ScriptedTransport { _, _ in .success(.problem(403, "FORBIDDEN")) }
        let run = await CommandLineRun.run(["logs", "erase", "--state-id", "run", "--yes"], transport: transport)
        #expect(run.status == .noPermission)
    }

    @Test func listsErasures() async {
        let page = #"{"erasures":[\#(Self.erasure("entry", "x"))],"next_cursor":"more"}"#
        let transport = ScriptedTransport(status: 200, page)
        let run = await CommandLineRun.run(["logs", "erasures", "--quiet"], transport: transport)
        #expect(run.output == "7\n")
        let json = await CommandLineRun.run(["logs", "erasures", "--json", "--cursor", "c"], transport: transport)
        #expect(json.output == page + "\n")
        #expect(
            transport.requests.map(\.url) == [
                "http://127.0.0.1:8080/v1/teams/1/erasures?limit=1000",
                "http://127.0.0.1:8080/v1/teams/1/erasures?limit=1000&cursor=c",
            ])
    }

    private static let retention = #"{"entries_days":90,"details_days":14,"is_default":true}"#

    @Test func showsRetention() async {
        let transport = ScriptedTransport(status: 200, Self.retention)
        let run = await CommandLineRun.run(["team", "retention", "--team", "4"], transport: transport)
        #expect(
            run.output == """
                ENTRIES  DETAILS  SAID BY
                90 days  14 days  server

                """)
        #expect(transport.requests.map(\.method) == ["GET"])
        #expect(transport.requests.map(\.url) == ["http://127.0.0.1:8080/v1/teams/4/retention"])
    }

    @Test(arguments: [
        (["--entries-days", "30"], #"{"details_days":14,"entries_days":30}"#),
        (["--entries-days", "forever"], #"{"details_days":14,"entries_days":null}"#),
        (["--details-days", "7"], #"{"details_days":7,"entries_days":90}"#),
        (["--entries-days", "7", "--details-days", "forever"], #"{"details_days":null,"entries_days":7}"#),
    ])
    func setsWhatIsGivenAndKeepsTheRest(_ arguments: [String], _ body: String) async throws {
        let transport = ScriptedTransport(status: 200, Self.retention)
        let run = await CommandLineRun.run(["team", "retention"] + arguments, transport: transport)
        #expect(run.status == .success)
        #expect(transport.requests.map(\.method) == ["GET", "PUT"])
        let sent = try #require(transport.requests.last).body
        let members = String(decoding: sent, as: UTF8.self).trimmingCharacters(in: ["{", "}"])
        #expect("{" + members.split(separator: ",").sorted().joined(separator: ",") + "}" == body)
    }

    @Test func resets() async {
        let transport = ScriptedTransport { request, _ in
            .success(request.method == "DELETE" ? .json(204, "") : .json(200, Self.retention))
        }
        let run = await CommandLineRun.run(["team", "retention", "--reset"], transport: transport)
        #expect(run.status == .success)
        #expect(transport.requests.map(\.method) == ["DELETE", "GET"])
    }

    @Test(arguments: [
        ["--entries-days", "0"], ["--entries-days", "36501"], ["--details-days", "soon"],
        ["--entries-days", "7", "--details-days", "8"], ["--reset", "--details-days", "8"],
    ])
    func refusesOtherDays(_ arguments: [String]) async {
        let transport = ScriptedTransport(status: 200, Self.retention)
        let run = await CommandLineRun.run(["team", "retention"] + arguments, transport: transport)
        #expect(run.status == .usage)
        #expect(transport.requests.isEmpty)
    }

    @Test func theServersDefaultIsASetting() async throws {
        let sources = SettingSources(
            flags: [.retentionEntriesDays: .int(90)], environment: ["CONNECTORLOG_RETENTION_DETAILS_DAYS": "14"])
        let retention = try await ServeConfiguration.load(from: sources).server.retention
        #expect((retention.entryDays, retention.detailDays) == (90, 14))
        #expect(try await ServeConfiguration.load(from: SettingSources()).server.retention == .forever)
        let failure = try await #require(throws: CommandFailure.self) {
            try await ServeConfiguration.load(
                from: SettingSources(flags: [.retentionEntriesDays: .int(7), .retentionDetailsDays: .int(8)]))
        }
        #expect(failure.status == .configuration)
    }
}
