import ConnectorLogCore
import Foundation
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
            random: { 1 })
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
            Set(transport.requests.map { String(decoding: $0.body, as: UTF8.self) }) == ["1\n2\n", "3\n4\n", "5\n6\n"])
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
