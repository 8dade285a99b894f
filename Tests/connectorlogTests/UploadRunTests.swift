import ConnectorLogCore
import Foundation
import Synchronization
import Testing

@testable import connectorlog

@Suite struct UploadRunTests {
    private let accepted = #"{"accepted":2,"rejected":[],"meta":{"request_id":"request-1234"}}"#

    private func upload(
        _ text: String, transport: ScriptedTransport, clock: RecordingClock = RecordingClock(), lines: Int = 2
    ) async throws -> (report: UploadReport, failure: CommandFailure?) {
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "calls.ndjson")
        var run = UploadRun(
            client: APIClient(baseURL: "http://127.0.0.1:1", key: "clk_x", transport: transport), clock: clock,
            random: { 1 }, now: { Timestamp(microseconds: 0) })
        run.limits.lines = lines
        let meter = ProgressMeter(totalBytes: nil, width: nil, now: { Timestamp(microseconds: 0) }, draw: { _ in })
        var (report, failure) = await run.run([try LineSource(name: file, standardInputIdentity: "")], meter: meter)
        for index in report.rejected.indices { report.rejected[index].file = "calls.ndjson" }
        return (report, failure)
    }

    @Test func sendsEveryLineOnceInBatches() async throws {
        let transport = ScriptedTransport(status: 200, accepted)
        let (report, failure) = try await upload("1\n2\n3\n4\n5\n6\n", transport: transport)
        #expect(failure == nil)
        #expect(report == UploadReport(accepted: 6, rejected: []))
        #expect(
            Set(transport.requests.map { String(decoding: $0.body, as: UTF8.self) }) == ["1\n2", "3\n4", "5\n6"])
        #expect(transport.requests.allSatisfy { $0.header("Content-Type") == "application/x-ndjson" })
        #expect(Set(transport.requests.compactMap { $0.header("Idempotency-Key") }).count == 3)
    }

    @Test func secondRunSendsTheSameKeys() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write((0..<2500).map { "\($0)\n" }.joined(), to: "calls.ndjson")
        var keys: [Set<String>] = []
        for _ in 0..<2 {
            let transport = ScriptedTransport(status: 200, accepted)
            let run = await CommandLineRun.run(["ingest", file], transport: transport)
            #expect(run.status == .success)
            keys.append(Set(transport.requests.compactMap { $0.header("Idempotency-Key") }))
        }
        #expect(keys[0].count == 3)
        #expect(keys[0] == keys[1])
    }

    /// A server that stores a batch once for each key, and the lines that it stored.
    private final class StoringServer: Sendable {
        let stored = Mutex<(keys: Set<String>, lines: [String])>(([], []))

        func answer(_ request: HTTPExchange.Request) -> ScriptedTransport.Answer {
            let lines = String(decoding: request.body, as: UTF8.self).split(separator: "\n").map(String.init)
            let rejected = lines.enumerated().filter { !$1.hasSuffix("}") }.map { number, _ in
                #"{"line":\#(number + 1),"code":"INVALID_JSON","message":"bad"}"#
            }
            stored.withLock { stored in
                guard stored.keys.insert(request.header("Idempotency-Key") ?? "").inserted else { return }
                stored.lines += lines.filter { $0.hasSuffix("}") }
            }
            let accepted = lines.count - rejected.count
            return .success(
                .json(
                    200,
                    """
                    {"accepted":\(accepted),"rejected":[\(rejected.joined(separator: ","))],\
                    "meta":{"request_id":"request-1234"}}
                    """))
        }

        /// After a day.
        func forget() { stored.withLock { $0.keys = [] } }
    }

    private func ingest(
        _ file: String, state: String?, transport: ScriptedTransport, hours: Int64 = 0
    ) async -> CommandLineRun {
        var environment = ["CONNECTORLOG_API_KEY": "clk_key-of-a-test"]
        environment["XDG_STATE_HOME"] = state
        return await CommandLineRun.run(
            ["ingest", file], transport: transport, environment: environment,
            now: Timestamp(microseconds: 1_700_000_000_000_000 + hours * 3_600_000_000))
    }

    private static func lines(_ numbers: Range<Int>) -> String {
        numbers.map { "{\"n\":\($0)}\n" }.joined()
    }

    @Test(arguments: ["", "{\"n\":", "{\"n\":2499}"])
    func aGrownFileStoresOnlyWhatIsNew(end: String) async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        var text = Self.lines(0..<2499) + end
        for size in [2500, 2501, 2700, 6000] {
            let file = try directory.write(text, to: "calls.ndjson")
            _ = await ingest(file, state: directory.path, transport: transport)
            text = Self.lines(0..<size)
        }
        let file = try directory.write(text, to: "calls.ndjson")
        let last = await ingest(file, state: directory.path, transport: transport)
        #expect(last.status == .success)
        #expect(last.error == "6000 lines stored, 0 rejected\n")
        let stored = server.stored.withLock { $0.lines }
        #expect(stored.count == 6000)
        #expect(Set(stored).count == 6000)
    }

    /// The server stored the last batch, but the run ended before it was told so; then the file grew.
    @Test func aGrownFileStoresOnlyWhatIsNewAlsoAfterABreak() async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let breaking = ScriptedTransport { request, number in
            let answer = server.answer(request)
            return number == 0 ? answer : .failure(APIFailure(.unreachable, message: "gone"))
        }
        var file = try directory.write(Self.lines(0..<1500), to: "calls.ndjson")
        let broken = await ingest(file, state: directory.path, transport: breaking)
        #expect(broken.status != .success)
        file = try directory.write(Self.lines(0..<1800), to: "calls.ndjson")
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        let run = await ingest(file, state: directory.path, transport: transport)
        #expect(run.status == .success)
        #expect(server.stored.withLock { $0.lines.count } == 1800)
    }

    @Test func whatTheServerForgotIsNotSentAgain() async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        var file = try directory.write(Self.lines(0..<1500), to: "calls.ndjson")
        _ = await ingest(file, state: directory.path, transport: transport)
        // Answered again within the day: that does not make the server remember for longer.
        _ = await ingest(file, state: directory.path, transport: transport, hours: 20)
        server.forget()
        file = try directory.write(Self.lines(0..<1600), to: "calls.ndjson")
        let run = await ingest(file, state: directory.path, transport: transport, hours: 25)
        #expect(run.error == "100 lines stored, 0 rejected, 1500 sent by an earlier run\n")
        #expect(server.stored.withLock { $0.lines.count } == 1600)
        // Another file in its place is not taken for it.
        file = try directory.write(Self.lines(5000..<6500), to: "calls.ndjson")
        _ = await ingest(file, state: directory.path, transport: transport, hours: 50)
        #expect(server.stored.withLock { $0.lines.count } == 3100)
    }

    @Test func aJournalThatCannotBeWrittenIsNoReasonNotToSend() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        #expect(await ingest(file, state: file, transport: transport).status == .success)
        #expect(await ingest(file, state: nil, transport: transport).status == .success)
    }

    @Test func aJournalSurvivesALineThatWasNotWrittenWhole() throws {
        let directory = try TemporaryDirectory()
        func journal() -> UploadJournal { UploadJournal(directory: directory.path, scope: "a", source: "b") }
        journal().noteCuts([10, 20])
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: directory.path).first)
        #expect(try directory.mode(of: name) == 0o600)
        let text = try String(contentsOfFile: directory.path + "/" + name, encoding: .utf8)
        _ = try directory.write(text + "sent cli-", to: name)
        journal().noteCuts([30])
        #expect(journal().cuts == [10, 20, 30])
        #expect(UploadJournal(directory: directory.path, scope: "c", source: "b").cuts == [])
    }

    @Test func waitsAsTheServerSaysAndSendsTheSameAgain() async throws {
        let clock = RecordingClock()
        let transport = ScriptedTransport { [accepted] _, number in
            switch number {
            case 0: .success(.json(429, headers: [HTTPExchange.Header("retry-after", "7")], "{}"))
            case 1: .failure(APIFailure(.unreachable, message: "gone"))
            case 2: .success(.problem(503, "SERVICE_UNAVAILABLE"))
            default: .success(.json(200, accepted))
            }
        }
        let (report, failure) = try await upload("1\n2\n", transport: transport, clock: clock)
        #expect(failure == nil)
        #expect(report.accepted == 2)
        #expect(clock.sleeps == [.seconds(7), .milliseconds(500), .seconds(1)])
        #expect(transport.requests.count == 4)
        #expect(Set(transport.requests.map { $0.header("Idempotency-Key") }).count == 1)
        #expect(Set(transport.requests.map(\.body)).count == 1)
    }

    @Test func givesUpAfterItsBudgetAndSaysThatItMayBeTriedLater() async throws {
        let clock = RecordingClock()
        let transport = ScriptedTransport { _, _ in .success(.problem(503, "SERVICE_UNAVAILABLE")) }
        let (report, failure) = try await upload("1\n2\n", transport: transport, clock: clock)
        #expect(failure?.status == .temporaryFailure)
        #expect(report.accepted == 0)
        #expect(clock.sleeps.reduce(.zero, +) <= RetrySchedule.Policy().budget)
        #expect(clock.sleeps.count > 5)
    }

    @Test(arguments: [(401, ExitReason.noPermission), (403, .noPermission), (413, .dataError), (500, .internalError)])
    func doesNotTryAgainWhatWillNotChange(status: Int, expected: ExitReason) async throws {
        let transport = ScriptedTransport { _, _ in .success(.problem(status, "CODE")) }
        let (_, failure) = try await upload("1\n2\n", transport: transport)
        #expect(failure?.status == expected)
        #expect(transport.requests.count == 1)
    }

    @Test func readsNoFurtherAfterAFailure() async throws {
        let transport = ScriptedTransport { _, _ in .success(.problem(401, "UNAUTHORIZED")) }
        let (_, failure) = try await upload(
            (0..<400).map { "\($0)\n" }.joined(), transport: transport)
        #expect(failure?.status == .noPermission)
        #expect(transport.requests.count <= 2 * UploadRun.requestsInFlight)
    }

    @Test func rejectedLinesAreToldByFileAndLine() async throws {
        let transport = ScriptedTransport { request, _ in
            guard request.body.starts(with: Array("3".utf8)) else {
                return .success(.json(200, #"{"accepted":2,"rejected":[],"meta":{"request_id":"request-1234"}}"#))
            }
            let rejected = #"[{"line":2,"code":"WRONG_TYPE","field":"status","message":"not a number"}]"#
            return .success(
                .json(200, #"{"accepted":1,"rejected":\#(rejected),"meta":{"request_id":"request-1234"}}"#))
        }
        let (report, failure) = try await upload("1\n2\n3\n4\n5\n6\n", transport: transport)
        #expect(failure == nil)
        #expect(report.accepted == 5)
        #expect(
            report.rejected == [
                UploadReport.Rejection(
                    file: "calls.ndjson", line: 4, code: "WRONG_TYPE", field: "status", message: "not a number")
            ])
        #expect(report.exitReason == .dataError)
    }

    @Test func batchWithoutAGoodLineIsNoEnd() async throws {
        let transport = ScriptedTransport { [accepted] request, _ in
            guard request.body.starts(with: Array("1".utf8)) else { return .success(.json(200, accepted)) }
            return .success(
                .json(
                    422,
                    """
                    {"meta":{"request_id":"request-1234"},"error":{"code":"UNPROCESSABLE_ENTITY","message":"none"},\
                    "rejected":[{"line":1,"code":"INVALID_JSON","message":"a"},{"line":2,"code":"INVALID_JSON","message":"b"}]}
                    """))
        }
        let (report, failure) = try await upload("1\n2\n3\n4\n", transport: transport)
        #expect(failure == nil)
        #expect(report.accepted == 2)
        #expect(report.rejected.map(\.line) == [1, 2])
    }

    @Test func showsTheFirstTwentyRejectionsAndCountsTheRest() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write((0..<30).map { "\($0)\n" }.joined(), to: "calls.ndjson")
        let rejected = (1...30).map { #"{"line":\#($0),"code":"INVALID_JSON","message":"bad"}"# }
        let transport = ScriptedTransport(
            status: 200,
            #"{"accepted":0,"rejected":[\#(rejected.joined(separator: ","))],"meta":{"request_id":"request-1234"}}"#)
        let table = await CommandLineRun.run(["ingest", file], transport: transport)
        #expect(table.status == .dataError)
        #expect(table.error.split(separator: "\n").count == 22)
        #expect(table.error.contains("\(file):20: INVALID_JSON: bad\nand 10 more rejected lines"))
        #expect(table.error.hasSuffix("0 lines stored, 30 rejected\n"))
        let json = await CommandLineRun.run(["ingest", file, "--json"], transport: transport)
        #expect(json.status == .dataError)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect((document?["rejected"] as? [Any])?.count == 30)
    }

    @Test func missingFileIsToldBeforeAnythingIsSent() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("1\n", to: "calls.ndjson")
        let transport = ScriptedTransport(status: 200, accepted)
        let run = await CommandLineRun.run(["ingest", file, directory.path + "/nothing"], transport: transport)
        #expect(run.status == .noInput)
        #expect(transport.requests.isEmpty)
    }
}
