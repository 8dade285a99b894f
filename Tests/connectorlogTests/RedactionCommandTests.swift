import Foundation
import Testing

@testable import connectorlog

@Suite struct RedactionCommandTests {
    private static let rules = """
        {"names":["x-pass"],"exceptions":["pin"],"patterns":[{"name":"order","expression":"ORD-[0-9]{8}"}],\
        "json_paths":["$.vat"],"personal_data":{"email":true,"phone":false,"iban":true},"keep_no_bodies":["payroll"]}
        """
    private static let outcome = """
        {"entries_read":20,"entries_changed":1,"bytes_read":512,"stopped_at":null,\
        "rules":[{"member":"patterns","name":"order","finds":2,"entries":1}],"standing_rules":[],\
        "examples":[{"log_id":"019aa2c1-7e5b-7000-8000-0123456789ab","log_time":"2026-11-28T09:30:00.000000Z",\
        "connector_identifier":"crm","member":"patterns","name":"order",\
        "receipt":{"rule":"pattern","field":"uri.order","count":2},"before":"/ORD-12345678","after":"/[secret:k3f9c2]"}],\
        "text":null}
        """

    private func members(_ body: [UInt8]) -> NSDictionary? {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? NSDictionary
    }

    @Test func showsRulesAsATable() async throws {
        let transport = ScriptedTransport(status: 200, Self.rules)
        let run = await CommandLineRun.run(["redaction", "get", "--team", "2"], transport: transport)
        #expect(run.status == .success, "\(run.error)")
        #expect(transport.requests.map(\.method) == ["GET"])
        #expect(transport.requests.map(\.url) == ["http://127.0.0.1:8080/v1/teams/2/redaction"])
        #expect(
            run.output == """
                RULE            NAME     EXPRESSION
                names           x-pass   
                exceptions      pin      
                patterns        order    ORD-[0-9]{8}
                json_paths      $.vat    
                personal_data   email    
                personal_data   iban     
                keep_no_bodies  payroll  

                """)
        let json = await CommandLineRun.run(["redaction", "get", "--json"], transport: transport)
        #expect(json.output == Self.rules + "\n")
    }

    @Test func setsTheRulesOfAFile() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.rules, to: "rules.json")
        let transport = ScriptedTransport(status: 200, Self.rules)
        let run = await CommandLineRun.run(["redaction", "set", file], transport: transport)
        #expect(run.status == .success, "\(run.error)")
        let request = try #require(transport.requests.first)
        #expect(request.method == "PUT")
        #expect(request.url == "http://127.0.0.1:8080/v1/teams/1/redaction")
        #expect(request.headers.contains { $0.name == "Content-Type" && $0.value == "application/json" })
        #expect(members(request.body) == members(Array(Self.rules.utf8)))
    }

    @Test func triesTheRulesOfAFile() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.rules, to: "rules.json")
        let transport = ScriptedTransport(status: 200, Self.outcome)
        let arguments = ["redaction", "try", file, "--connector", "crm", "--limit", "20"]
        let run = await CommandLineRun.run(arguments, transport: transport)
        #expect(run.status == .success, "\(run.error)")
        let request = try #require(transport.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "http://127.0.0.1:8080/v1/teams/1/redaction/try")
        #expect(
            members(request.body)
                == members(Array(#"{"rules":\#(Self.rules),"connector_identifier":"crm","limit":20}"#.utf8)))
        #expect(
            run.output == """
                RULE      NAME   FINDS  ENTRIES
                patterns  order      2        1

                LOG ENTRY                             FIELD      BEFORE         AFTER
                019aa2c1-7e5b-7000-8000-0123456789ab  uri.order  /ORD-12345678  /[secret:k3f9c2]

                """)
        #expect(run.error == "1 of 20 entries would change\n")
        let json = await CommandLineRun.run(arguments + ["--json"], transport: transport)
        #expect(json.output == Self.outcome + "\n")
        let all = await CommandLineRun.run(["redaction", "try", file], transport: transport)
        #expect(all.status == .success)
        #expect(
            members(try #require(transport.requests.last).body) == members(Array(#"{"rules":\#(Self.rules)}"#.utf8)))
    }

    @Test func saysThatReadingEndedEarly() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("{}", to: "rules.json")
        for (limit, word) in [("bytes", "limit of bytes"), ("time", "limit of time")] {
            let answer = Self.outcome.replacing(#""stopped_at":null"#, with: #""stopped_at":"\#(limit)""#)
            let run = await CommandLineRun.run(
                ["redaction", "try", file], transport: ScriptedTransport(status: 200, answer))
            #expect(run.error.contains(word))
        }
    }

    @Test func tellsWhatIsFoundAnyway() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("{}", to: "rules.json")
        let found =
            #""standing_rules":[{"rule":"decompressed","finds":9,"entries":9},"#
            + #"{"rule":"known_secret","finds":2,"entries":1}]"#
        let answer = Self.outcome.replacing(#""standing_rules":[]"#, with: found)
        let run = await CommandLineRun.run(
            ["redaction", "try", file], transport: ScriptedTransport(status: 200, answer))
        #expect(
            run.error == """
                1 of 20 entries would change
                rules that hold already also found what was stored before they did: known_secret 2

                """)
    }

    @Test func tellsWhatIsWrongWithRules() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(#"{"patterns":[{"name":"a","expression":"("}]}"#, to: "rules.json")
        let envelope = """
            {"meta":{"request_id":"abcdefgh"},"error":{"code":"UNPROCESSABLE_ENTITY",\
            "message":"patterns[0].expression the group is not closed, at byte 0"}}
            """
        for command in ["set", "try"] {
            let run = await CommandLineRun.run(
                ["redaction", command, file], transport: ScriptedTransport(status: 422, envelope))
            #expect(run.status != .success)
            #expect(run.error.contains("patterns[0].expression the group is not closed, at byte 0"))
        }
    }

    @Test(arguments: ["", "[]", "{", "\"a\"", "{\"names\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"])
    func sendsNothingThatIsNoObject(_ content: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(content, to: "rules.json")
        let transport = ScriptedTransport(status: 200, Self.rules)
        for command in ["set", "try"] {
            let run = await CommandLineRun.run(["redaction", command, file], transport: transport)
            #expect(run.status == .dataError)
        }
        let missing = await CommandLineRun.run(["redaction", "set", directory.path + "/none"], transport: transport)
        #expect(missing.status == .noInput)
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: [
        ["try"], ["try", "f", "--limit", "0"], ["try", "f", "--limit", "1001"], ["try", "f", "--connector", "a b"],
        ["set"], ["get", "f"],
    ])
    func refusesWrongArguments(_ arguments: [String]) async {
        let transport = ScriptedTransport(status: 200, Self.rules)
        let run = await CommandLineRun.run(["redaction"] + arguments, transport: transport)
        #expect(run.status == .usage)
        #expect(transport.requests.isEmpty)
    }
}
