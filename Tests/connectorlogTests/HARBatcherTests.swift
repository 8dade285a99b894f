import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Foundation
import Testing

@testable import connectorlog

/// How the command cuts an archive, and what it takes for one.
@Suite struct HARBatcherTests {
    private func archive(_ entries: [String]) -> String {
        #"{"log":{"version":"1.2","pages":[],"entries":["# + entries.joined(separator: " ,\n ") + #"],"comment":"x"}}"#
    }

    private func outputs(
        _ archive: String, lines: Int = 1000, bytes: Int = 1 << 20, entryBytes: Int = 1 << 20, cuts: [UInt64] = [],
        piece: Int = .max
    ) throws -> [LineBatcher.Output] {
        var limits = LineBatcher.Limits()
        (limits.lines, limits.bytes, limits.lineBytes) = (lines, bytes, entryBytes)
        let batcher = HARBatcher(limits: limits, cuts: cuts)
        var outputs: [LineBatcher.Output] = []
        var rest = Array(archive.utf8)[...]
        while !rest.isEmpty {
            outputs += try batcher.feed(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        return outputs + (try batcher.finish())
    }

    private func batch(_ first: Int, _ entries: String...) -> LineBatcher.Output {
        let text =
            #"{"log":{"version":"1.2","creator":{"name":"connectorlog ingest","version":"1"},"entries":["#
            + entries.joined(separator: ",") + "]}}"
        return .batch(
            IngestBatch(
                firstLine: first, lineCount: entries.count, offset: UInt64(first - 1),
                end: UInt64(first - 1 + entries.count), bytes: Array(text.utf8)))
    }

    @Test(arguments: [1, 7, Int.max])
    func cutsAfterEntriesAndBeforeBytesHoweverTheBytesArrive(piece: Int) throws {
        let entries = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]
        #expect(
            try outputs(archive(entries), lines: 2, piece: piece) == [
                batch(1, entries[0], entries[1]), batch(3, entries[2]),
            ])
        #expect(
            try outputs(archive(entries), bytes: 16, piece: piece) == [
                batch(1, entries[0], entries[1]), batch(3, entries[2]),
            ])
        #expect(try outputs(archive(entries), bytes: 3, piece: piece).count == 3)
        #expect(try outputs(archive([])).isEmpty)
    }

    @Test func anArchiveThatWasWrittenAnewWithMoreEntriesIsCutAsBefore() throws {
        let first = try outputs(archive(["1", "2", "3"]), lines: 2)
        let cuts = first.flatMap(\.cuts)
        let second = try outputs(archive(["1", "2", "3", "4", "5"]), lines: 2, cuts: cuts)
        #expect(Array(second.prefix(2)) == first)
        #expect(second.dropFirst(2) == [batch(4, "4", "5")])
    }

    @Test func anEntryThatIsTooLongIsNumberedAndTheOthersKept() throws {
        let long = "\"" + String(repeating: "x", count: 100) + "\""
        #expect(
            try outputs(archive(["1", long, "3"]), entryBytes: 50) == [
                batch(1, "1"), .oversizedEntry(number: 2), batch(3, "3"),
            ])
    }

    @Test func whereAnArchiveBreaksOffIsTold() throws {
        let all = archive(["1", "{\"a\":2}"])
        let cut = String(all[..<(try #require(all.firstRange(of: ":2}")).lowerBound)])
        let outputs = try outputs(cut)
        #expect(outputs.first == batch(1, "1"))
        guard case .brokenEntry(number: 2, let error)? = outputs.last else {
            Issue.record("\(outputs)")
            return
        }
        #expect(error.code == .invalidJSON)
    }

    @Test(arguments: [
        ("a.har", "x", UploadFormat.Kind.har), ("a.HAR", "", .har), ("a.zhar", "", .har), ("a.har.gz", "", .har),
        ("a.har.zst", "", .har), ("-", #"{"log":{"version":"1.2","#, .har),
        ("-", "\u{FEFF}\r\n{\n  \"log\": {\n    \"entries\": [", .har),
        ("a.json", #"{"log":{"creator":"#, .har), ("-", "", .lines),
        ("a.ndjson", #"{"connector_identifier":"a"}"#, .lines),
        ("a.ndjson", #"{"log":"x"}"#, .lines),
        ("a.ndjson", #"{"log":{"level":"info"},"connector_identifier":"a"}"#, .lines),
    ])
    func anArchiveIsKnownByItsNameOrItsBeginning(name: String, beginning: String, kind: UploadFormat.Kind) {
        #expect(UploadFormat.kind(ofFile: name, beginning: Array(beginning.utf8)) == kind)
    }

    // MARK: - The command

    private static let accepted = #"{"accepted":1,"rejected":[],"meta":{"request_id":"request-1234"}}"#

    private func ingest(
        _ arguments: [String], file: String, _ bytes: [UInt8],
        transport: ScriptedTransport = ScriptedTransport(status: 200, accepted)
    ) async throws -> (run: CommandLineRun, requests: [HTTPExchange.Request]) {
        let directory = try TemporaryDirectory()
        let path = try directory.write(bytes, to: file)
        let run = await CommandLineRun.run(["ingest", path] + arguments, transport: transport)
        return (run, transport.requests)
    }

    @Test func sendsAnArchiveWithWhatItCannotSay() async throws {
        let (run, requests) = try await ingest(
            [
                "--connector", "crm", "--state-id", "run 17", "--flow-id", "f", "--flow-name", "n", "--flow-version",
                "2",
                "--event", "e", "--team", "2",
            ], file: "a.har", Array(archive(["{}"]).utf8))
        #expect(run.status == .success, "\(run.error)")
        #expect(run.error == "1 entries stored, 0 rejected\n")
        let request = try #require(requests.first)
        #expect(request.header("Content-Type") == "application/har+json")
        #expect(
            request.url.hasSuffix(
                "/v1/ingest?team_id=2&connector=crm&event=e&flow_id=f&flow_name=n&flow_version=2&state_id=run%2017"))
    }

    @Test(arguments: ["nginx-json", "envoy-json"])
    func sendsAccessLogsAsLines(format: String) async throws {
        let (run, requests) = try await ingest(["--format", format], file: "access.log", Array("{}\n{}\n".utf8))
        #expect(run.status == .success)
        #expect(requests.map { $0.header("Content-Type") } == ["application/x-ndjson"])
        #expect(requests.allSatisfy { $0.url.hasSuffix("/v1/ingest?format=\(format)") })
        #expect(requests.map(\.body) == [Array("{}\n{}".utf8)])
    }

    @Test func readsAnArchiveInZlib() async throws {
        let (run, requests) = try await ingest([], file: "a.zhar", Compressed.deflate(Array(archive(["{}"]).utf8)))
        #expect(run.status == .success)
        #expect(requests.count == 1)
    }

    @Test func theSameArchiveForAnotherConnectorIsSentAgain() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(archive(["{}"]), to: "a.har")
        var keys: [String?] = []
        for connector in ["a", "b", "a"] {
            let transport = ScriptedTransport(status: 200, Self.accepted)
            let run = await CommandLineRun.run(["ingest", file, "--connector", connector], transport: transport)
            #expect(run.status == .success)
            keys.append(transport.requests.first?.header("Idempotency-Key"))
        }
        #expect(keys[0] != keys[1])
        #expect(keys[0] == keys[2])
    }

    private func ingest(
        _ file: String, connector: String, state: String
    ) async -> (run: CommandLineRun, requests: [HTTPExchange.Request]) {
        let transport = ScriptedTransport(status: 200, Self.accepted)
        let run = await CommandLineRun.run(
            ["ingest", file, "--connector", connector], transport: transport,
            environment: ["CONNECTORLOG_API_KEY": "clk_x", "XDG_STATE_HOME": state])
        return (run, transport.requests)
    }

    @Test func whereAnArchiveEndedForOneConnectorCutsItForNoOther() async throws {
        let directory = try TemporaryDirectory()
        var file = try directory.write(archive(["1", "2", "3"]), to: "a.har")
        #expect(await ingest(file, connector: "a", state: directory.path).requests.count == 1)
        file = try directory.write(archive(["1", "2", "3", "4", "5"]), to: "a.har")
        for (connector, expected) in [("b", batch(1, "1", "2", "3", "4", "5")), ("a", batch(4, "4", "5"))] {
            let (run, requests) = await ingest(file, connector: connector, state: directory.path)
            #expect(run.status == .success)
            guard case .batch(let batch) = expected else { return }
            #expect(requests.map(\.body) == [batch.bytes])
        }
    }

    @Test func anArchiveIsLockedForOneConnectorAlone() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(archive(["1"]), to: "a.har")
        let client = APIClient(
            baseURL: "http://127.0.0.1:8080", key: "clk_x", transport: ScriptedTransport(status: 200, ""))
        let journal = try UploadJournal(
            directory: directory.path + "/connectorlog/ingest", scope: client.identity,
            source: try LineSource(name: file, standardInputIdentity: "").identity,
            format: UploadFormat(kind: .har, defaults: [.init(name: "connector", value: "a")]))
        let (held, requests) = await ingest(file, connector: "a", state: directory.path)
        #expect(held.status == .temporaryFailure)
        #expect(requests.isEmpty)
        #expect(await ingest(file, connector: "b", state: directory.path).run.status == .success)
        withExtendedLifetime(journal) {}
    }

    /// Entries of which one cannot be sent, before the archive's end: each says its number.
    private static let damaged = [
        // Broken off within an entry, as a browser leaves an archive when it is killed.
        #"{"n":0},{"n":1},{"n":2"#,
        // There is nothing where an entry should be.
        #"{"n":0},{"n":1},]}}"#,
        // The third is too long.
        #"{"n":0},{"n":1},{"n":2,"x":"\#(String(repeating: "x", count: 100))"},{"n":3}]}}"#,
    ]

    @Test(arguments: damaged)
    func nothingIsSentTwiceWhenAnEntryIsMended(entries: String) async throws {
        let directory = try TemporaryDirectory()
        let transport = ScriptedTransport(status: 200, Self.accepted)
        var run = UploadRun(
            client: APIClient(baseURL: "http://127.0.0.1:1", key: "clk_x", transport: transport),
            clock: RecordingClock(), random: { 1 }, now: { Timestamp(microseconds: 0) },
            journalDirectory: directory.path + "/journals")
        run.limits.archiveEntryBytes = 50
        let meter = ProgressMeter(totalBytes: nil, width: nil, now: { Timestamp(microseconds: 0) }, draw: { _ in })
        let mended = #"{"n":0},{"n":1},{"n":2},{"n":3}]}}"#
        for (entries, rejected) in [(entries, 1), (mended, 0)] {
            let file = try directory.write(#"{"log":{"entries":["# + entries, to: "a.har")
            let source = try LineSource(name: file, standardInputIdentity: "")
            let (report, failure) = await run.run([source], meter: meter)
            #expect(failure == nil)
            #expect(report.rejected.count == rejected)
        }
        let sent = transport.requests.flatMap { request in
            String(decoding: request.body, as: UTF8.self).matches(of: /"n":([0-9]+)/).map { String($0.1) }
        }
        #expect(sent.sorted() == ["0", "1", "2", "3"])
    }

    @Test func defaultsAreRefusedForLines() async throws {
        let (run, requests) = try await ingest(["--connector", "crm"], file: "a.ndjson", Array("{}\n".utf8))
        #expect(run.status == .usage)
        #expect(run.error.contains("name their own connector"))
        #expect(requests.isEmpty)
        let (team, sent) = try await ingest(["--team", "2"], file: "a.ndjson", Array("{}\n".utf8))
        #expect(team.status == .success)
        #expect(sent.first?.url.hasSuffix("/v1/ingest?team_id=2") == true)
    }

    @Test(arguments: ["[]", "x", #"{"a":1}"#])
    func whatIsNoArchiveIsTold(text: String) async throws {
        let (run, requests) = try await ingest(["--format", "har"], file: "a.json", Array(text.utf8))
        #expect(run.status == .dataError)
        #expect(run.error.contains("this is no HAR"))
        #expect(requests.isEmpty)
    }

    @Test func rejectedEntriesAreToldByTheirNumbers() async throws {
        let answer =
            #"{"accepted":0,"rejected":[{"line":1,"code":"MISSING_FIELD","field":"request.url","message":"no"}],"meta":{"request_id":"r"}}"#
        let entries = (0..<1500).map { #"{"n":\#($0)}"# }
        let transport = ScriptedTransport { request, _ in
            let isFirst =
                request.body.count > 10_000
                && String(decoding: request.body.prefix(200), as: UTF8.self).contains(#"{"n":0}"#)
            return .success(.json(200, isFirst ? Self.accepted : answer))
        }
        let (run, _) = try await ingest([], file: "a.har", Array(archive(entries).utf8), transport: transport)
        #expect(run.status == .dataError)
        #expect(run.error.contains("a.har:1001: MISSING_FIELD in request.url: no\n"))
    }

    // MARK: - Export

    private func page(_ entries: [String], next: String?) -> HTTPExchange.Response {
        .json(
            200, headers: next.map { [.init("Link", "<?limit=200&cursor=\($0)>; rel=\"next\"")] } ?? [],
            archive(entries))
    }

    @Test func exportsAllPagesAsOneArchive() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/out.har"
        let transport = ScriptedTransport { _, number in
            .success(number == 0 ? page([#"{"a":1}"#, #"{"b":"]"}"#], next: "n-1_x") : page([#"{"c":3}"#], next: nil))
        }
        let run = await CommandLineRun.run(
            ["logs", "export", file, "--connector", "crm", "--from", "2026-01-01"], transport: transport)
        #expect(run.status == .success, "\(run.error)")
        #expect(run.error == "3 calls written\n")
        #expect(
            try String(contentsOfFile: file, encoding: .utf8)
                == #"{"log":{"version":"1.2","creator":{"name":"connectorlog","version":"1"},"entries":[{"a":1},"#
                + "\n"
                + #"{"b":"]"},"# + "\n" + #"{"c":3}]}}"# + "\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(!FileManager.default.fileExists(atPath: file + ".partial"))
        #expect(
            transport.requests.map { String($0.url.drop { $0 != "?" }) } == [
                "?connector=crm&from=2026-01-01T00%3A00%3A00.000000Z&limit=200",
                "?connector=crm&from=2026-01-01T00%3A00%3A00.000000Z&limit=200&cursor=n-1_x",
            ])
        #expect(transport.requests.allSatisfy { $0.header("Accept") == "application/har+json" })
        let again = await CommandLineRun.run(["logs", "export", file], transport: transport)
        #expect(again.status == .cannotCreate)
    }

    @Test func exportsNothingAsAnEmptyArchiveToTheStandardOutput() async throws {
        let run = await CommandLineRun.run(
            ["logs", "export", "-", "-q"], transport: ScriptedTransport { _, _ in .success(page([], next: nil)) })
        #expect(run.status == .success)
        #expect(
            run.output == #"{"log":{"version":"1.2","creator":{"name":"connectorlog","version":"1"},"entries":[]}}"#
                + "\n")
        #expect(run.error == "")
    }

    @Test func exportsAnEntryThatIsLongerThanIngestTakes() throws {
        var count = 0
        let archive = ArchiveWriter { count += $0.count }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        try archive.take(Array(#"{"log":{"entries":["begin"#.utf8))
        let pieces = Limits.archiveEntryBytes / piece.count + 1
        for _ in 0..<pieces { try archive.take(piece) }
        try archive.take(Array(#"end"]}}"#.utf8))
        try archive.endPage()
        #expect(archive.count == 1)
        #expect(count > Limits.archiveEntryBytes)
    }

    @Test func anExportThatBreaksOffLeavesNoFile() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/out.har"
        let answers: [HTTPExchange.Response] = [
            .json(200, String(archive(["1", "2"]).dropLast(10))), .json(200, "{}"), .problem(403, "FORBIDDEN"),
        ]
        for answer in answers {
            let run = await CommandLineRun.run(
                ["logs", "export", file],
                transport: ScriptedTransport { _, number in .success(number == 0 ? page(["0"], next: "n") : answer) })
            #expect(run.status == (answer.status == 403 ? .noPermission : .internalError))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        }
    }
}
