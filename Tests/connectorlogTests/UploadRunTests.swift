import ConnectorLogCore
import Foundation
import Synchronization
import Testing

@testable import connectorlog

@Suite struct UploadRunTests {
    private let accepted = #"{"accepted":2,"rejected":[],"meta":{"request_id":"request-1234"}}"#

    private func upload(
        _ text: String, transport: ScriptedTransport, clock: RecordingClock = RecordingClock(), lines: Int = 2,
        now: @escaping @Sendable () -> Timestamp = { Timestamp(microseconds: 0) }
    ) async throws -> (report: UploadReport, failure: CommandFailure?) {
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "calls.ndjson")
        var run = UploadRun(
            client: APIClient(baseURL: "http://127.0.0.1:1", key: "clk_x", transport: transport), clock: clock,
            random: { 1 }, now: now)
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
        _ file: String..., options: [String] = [], state: String?, transport: ScriptedTransport, hours: Int64 = 0
    ) async -> CommandLineRun {
        var environment = ["CONNECTORLOG_API_KEY": "clk_key-of-a-test"]
        environment["XDG_STATE_HOME"] = state
        return await CommandLineRun.run(
            ["ingest"] + file + options, transport: transport, environment: environment,
            now: Timestamp(microseconds: 1_700_000_000_000_000 + hours * 3_600_000_000))
    }

    private static func lines(_ numbers: Range<Int>) -> String {
        numbers.map { "{\"n\":\($0)}\n" }.joined()
    }

    @Test func aServerThatIsAwayIsToldOnceAndAtTheEnd() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<2500), to: "calls.ndjson")
        let away = ScriptedTransport { _, _ in .failure(APIFailure(.unconnected, message: "nobody is there")) }
        for options in [[], ["--quiet"], ["--json"]] as [[String]] {
            let run = await ingest(file, options: options, state: directory.path, transport: away)
            #expect(run.status == .unavailable)
            #expect(
                run.error.split(separator: "\n").count { $0 == "nobody is there; trying again for up to 300 seconds" }
                    == 1)
            #expect(run.error.contains("nobody is there; run the same command again to go on"))
        }
    }

    /// The same command would fail in the same way.
    @Test(arguments: [(401, "UNAUTHORIZED"), (404, "NOT_FOUND"), (400, "BAD_REQUEST")])
    func nobodyIsToldToRepeatWhatHasToBeMended(status: Int, code: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<1), to: "calls.ndjson")
        let transport = ScriptedTransport { _, _ in .success(.problem(status, code, "not so")) }
        let run = await ingest(file, state: directory.path, transport: transport)
        #expect(run.error.contains("not so") && !run.error.contains("again"))
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
        #expect(last.error == "6000 lines stored, 0 rejected, 2700 of them by an earlier run\n")
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
        _ = await ingest(file, state: directory.path, transport: transport, hours: 20)
        server.forget()
        file = try directory.write(Self.lines(0..<1600), to: "calls.ndjson")
        let run = await ingest(file, state: directory.path, transport: transport, hours: 25)
        #expect(run.error == "1600 lines stored, 0 rejected, 1500 of them by an earlier run\n")
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

    private static let broken = APIFailure(.unreachable, message: "gone")

    /// The server stores all and answers nothing.
    private func ingestUnanswered(
        _ file: String, state: String, server: StoringServer, failure: APIFailure = broken
    ) async {
        let transport = ScriptedTransport { request, _ in
            _ = server.answer(request)
            return .failure(failure)
        }
        #expect(await ingest(file, state: state, transport: transport).status != .success)
    }

    /// The answer came late, from the server's memory: that does not make it remember for longer.
    @Test func whatWasAnsweredLateIsNotSentAgain() async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        await ingestUnanswered(file, state: directory.path, server: server)
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        #expect(await ingest(file, state: directory.path, transport: transport, hours: 20).status == .success)
        server.forget()
        #expect(await ingest(file, state: directory.path, transport: transport, hours: 30).status == .success)
        #expect(server.stored.withLock { $0.lines.count } == 3)
    }

    @Test func whatWasNeverAnsweredIsNotSentAgainUnasked() async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        await ingestUnanswered(file, state: directory.path, server: server)
        server.forget()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        let stopped = await ingest(file, state: directory.path, transport: transport, hours: 24)
        #expect(stopped.status == .usage)
        #expect(stopped.error.contains("\(file): lines 1 to 3 were sent at 2023-11-14 22:13:20 UTC and never answered"))
        #expect(stopped.error.contains("--resend none"))
        #expect(!stopped.error.contains("nothing is stored twice"))
        #expect(transport.requests.isEmpty)
        let none = await ingest(
            file, options: ["--resend", "none"], state: directory.path, transport: transport, hours: 25)
        #expect(none.error == "3 lines stored, 0 rejected, 3 of them by an earlier run\n")
        #expect(await ingest(file, state: directory.path, transport: transport, hours: 26).status == .success)
        #expect(transport.requests.isEmpty)
    }

    @Test func whatWasNeverAnsweredIsSentAgainWhenTold() async throws {
        let directory = try TemporaryDirectory()
        var file = try directory.write(Self.lines(0..<2), to: "calls.ndjson")
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        #expect(await ingest(file, state: directory.path, transport: transport).status == .success)
        file = try directory.write(Self.lines(0..<5), to: "calls.ndjson")
        await ingestUnanswered(file, state: directory.path, server: StoringServer())
        server.forget()
        for _ in 0..<2 {
            let run = await ingest(
                file, options: ["--resend", "unanswered"], state: directory.path, transport: transport, hours: 30)
            #expect(run.status == .success)
        }
        #expect(server.stored.withLock { $0.lines.count } == 5)
    }

    /// The server was set up anew, or lost what it had.
    @Test func aWholeFileIsSentAgainWhenTold() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<1500), to: "calls.ndjson")
        for hours in [0, 1] as [Int64] {
            let server = StoringServer()
            let transport = ScriptedTransport { request, _ in server.answer(request) }
            let options = hours > 0 ? ["--resend", "all"] : []
            for _ in 0..<2 {
                _ = await ingest(file, options: options, state: directory.path, transport: transport, hours: hours)
            }
            #expect(server.stored.withLock { $0.lines.count } == 1500)
        }
    }

    /// A server that was down for a weekend is no reason to ask anybody.
    @Test(arguments: [
        APIFailure(.unconnected, message: "no"), APIFailure(.answered(status: 401), message: "no"),
        APIFailure(.answered(status: 429), message: "no"),
    ])
    func whatSurelyDidNotArriveIsSentLater(failure: APIFailure) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        await ingestUnanswered(file, state: directory.path, server: StoringServer(), failure: failure)
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        #expect(await ingest(file, state: directory.path, transport: transport, hours: 60).status == .success)
        #expect(server.stored.withLock { $0.lines.count } == 3)
    }

    /// The last of several attempts did not arrive, but one before may have.
    @Test func oneAttemptThatMayHaveArrivedIsEnoughToAsk() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        let breaking = ScriptedTransport { _, number in
            .failure(number == 1 ? Self.broken : APIFailure(.unconnected, message: "no"))
        }
        _ = await ingest(file, state: directory.path, transport: breaking)
        let transport = ScriptedTransport(status: 200, accepted)
        #expect(await ingest(file, state: directory.path, transport: transport, hours: 60).status == .usage)
    }

    @Test func rejectedLinesAreToldByEveryRun() async throws {
        let directory = try TemporaryDirectory()
        let server = StoringServer()
        let transport = ScriptedTransport { request, _ in server.answer(request) }
        let file = try directory.write(Self.lines(0..<1500) + "bad\n" + Self.lines(0..<1), to: "calls.ndjson")
        for hours in [0, 1, 30] as [Int64] {
            let run = await ingest(file, state: directory.path, transport: transport, hours: hours)
            #expect(run.status == .dataError)
            #expect(run.error.contains("\(file):1501: INVALID_JSON: "))
            #expect(run.error.contains("1501 lines stored, 1 rejected"))
        }
        #expect(transport.requests.count == 2)
    }

    @Test func twoRunsOverOneFileDoNotMix() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        let transport = ScriptedTransport(status: 200, accepted)
        let client = APIClient(baseURL: "http://127.0.0.1:8080", key: "clk_key-of-a-test", transport: transport)
        let journal = try UploadJournal(
            directory: directory.path + "/connectorlog/ingest", scope: client.identity,
            source: try LineSource(name: file, standardInputIdentity: "").identity, format: UploadFormat())
        let run = await ingest(file, state: directory.path, transport: transport)
        withExtendedLifetime(journal) {}
        #expect(run.status == .temporaryFailure)
        #expect(run.error.contains("\(file): it is being sent by another connectorlog"))
        #expect(transport.requests.isEmpty)
    }

    @Test func aFileByTwoNamesIsNamedTwice() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.lines(0..<3), to: "calls.ndjson")
        let transport = ScriptedTransport(status: 200, accepted)
        let other = directory.path + "/./calls.ndjson"
        #expect(await ingest(file, other, state: directory.path, transport: transport).status == .usage)
        #expect(transport.requests.isEmpty)
    }

    @Test func holdsFilesOpenNoLongerThanItNeedsThem() async throws {
        let directory = try TemporaryDirectory()
        let files = try (0..<60).map { try directory.write(Self.lines(0..<1), to: "\($0).ndjson") }
        let most = Mutex(0)
        let transport = ScriptedTransport { [accepted] _, _ in
            // Other tests open files too, but no directory of this name.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            let open = names.count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
                return target?.hasPrefix(directory.path) ?? false
            }
            most.withLock { $0 = max($0, open) }
            return .success(.json(200, accepted))
        }
        let run = await CommandLineRun.run(
            ["ingest"] + files, transport: transport,
            environment: ["CONNECTORLOG_API_KEY": "clk_x", "XDG_STATE_HOME": directory.path])
        #expect(run.status == .success)
        #expect(transport.requests.count == 60)
        #expect((1...3 * (UploadRun.requestsInFlight + 1)).contains(most.withLock { $0 }))
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

    /// A machine that sleeps between two attempts may sleep for longer than the server remembers.
    @Test func sendsNothingAgainThatTheServerMayHaveForgottenMeanwhile() async throws {
        let hours = Mutex<Int64>(0)
        let transport = ScriptedTransport { _, _ in
            hours.withLock { $0 = 30 }
            return .failure(Self.broken)
        }
        let (_, failure) = try await upload(
            "1\n2\n", transport: transport,
            now: { Timestamp(microseconds: 0).advanced(bySeconds: hours.withLock { $0 } * 3600) })
        #expect(failure != nil)
        #expect(transport.requests.count == 1)
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
