import Foundation
import Testing

@testable import connectorlog

@Suite struct SecretCommandTests {
    private static let list = """
        {"count":1,"secrets":[{"secret_placeholder":"sec_a23f23d26","secret_name":"token","ignore_case":true,\
        "created_at":"2026-01-31T12:00:00.000000Z","updated_at":"2026-02-01T12:00:00.000000Z"}]}
        """

    @Test(arguments: [
        (["--connector", "crm"], "/v1/teams/2/connector_builder/connectors/crm/secrets"),
        (["--team-wide"], "/v1/teams/2/secrets"),
    ])
    func listsCreatesUpdatesAndDeletes(_ owner: [String], _ path: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("a-secret-value\n", to: "value")
        let url = "http://127.0.0.1:8080" + path
        let calls: [(arguments: [String], status: Int, answer: String, method: String, url: String, body: String)] = [
            (["list"], 200, Self.list, "GET", url, ""),
            (
                ["create", "token", "--value-file", file, "--ignore-case"], 201, Self.list, "POST", url,
                #"{"ignore_case":true,"secret_name":"token","secret_value":"a-secret-value"}"#
            ),
            (
                ["update", "sec_a23f23d26", "--value-file", file], 204, "", "PUT", url + "/sec_a23f23d26",
                #"{"secret_value":"a-secret-value"}"#
            ),
            (["delete", "sec_a23f23d26"], 204, "", "DELETE", url + "/sec_a23f23d26", ""),
        ]
        for call in calls {
            let transport = ScriptedTransport(status: call.status, call.answer)
            let run = await CommandLineRun.run(
                ["secret"] + call.arguments + owner + ["--team", "2"], transport: transport)
            #expect(run.status == .success, "\(run.error)")
            let request = try #require(transport.requests.first)
            #expect(request.method == call.method)
            #expect(request.url == call.url)
            func members(_ body: Data) -> NSDictionary? {
                (try? JSONSerialization.jsonObject(with: body)) as? NSDictionary
            }
            #expect(members(Data(request.body)) == members(Data(call.body.utf8)))
            #expect(!run.output.contains("a-secret-value") && !run.error.contains("a-secret-value"))
        }
    }

    @Test func showsATableAndPlaceholders() async {
        let transport = ScriptedTransport(status: 200, Self.list)
        let table = await CommandLineRun.run(["secret", "list", "--connector", "crm"], transport: transport)
        #expect(
            table.output == """
                SECRET         NAME   CASE    CREATED (UTC)        UPDATED (UTC)
                sec_a23f23d26  token  either  2026-01-31 12:00:00  2026-02-01 12:00:00

                """)
        let quiet = await CommandLineRun.run(["secret", "list", "--team-wide", "-q"], transport: transport)
        #expect(quiet.output == "sec_a23f23d26\n")
    }

    @Test(arguments: [
        ["list"], ["list", "--connector", "crm", "--team-wide"], ["list", "--connector", "a b"],
        ["create", "n", "value", "--team-wide"],
    ])
    func asksForOneOwnerAndNoValue(_ arguments: [String]) async {
        let transport = ScriptedTransport(status: 200, Self.list)
        let run = await CommandLineRun.run(["secret"] + arguments, transport: transport)
        #expect(run.status == .usage)
        #expect(transport.requests.isEmpty)
    }

    @Test func readsAValueWithoutItsLastLineEnd() async throws {
        let directory = try TemporaryDirectory()
        for (content, value) in [("a\nbc\n\n", "a\nbc\n"), ("abcd\r\n", "abcd"), (" ab ", " ab ")] {
            var options = SecretValueOptions()
            options.valueFile = try directory.write(content, to: "value-\(value.utf8.count)")
            #expect(try options.read() == value)
        }
        for content in ["", "\n", String(repeating: "x", count: 10_001), String(repeating: "x", count: 70_000)] {
            var options = SecretValueOptions()
            options.valueFile = try directory.write(content, to: "wrong-\(content.utf8.count)")
            #expect(throws: CommandFailure.self) { try options.read() }
        }
        var missing = SecretValueOptions()
        missing.valueFile = directory.path + "/none"
        #expect(throws: CommandFailure.self) { try missing.read() }
    }
}
