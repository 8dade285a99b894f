import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

@Suite("Boomi Flow: parts of a call find one another")
struct CallJoinTests {
    private static let error = (name: "NoResponse", message: "no answer was reported within 60 seconds")

    @Test(arguments: [false, true])
    func inWhateverOrderTheyCome(_ isAnswerFirst: Bool) async throws {
        let run = try await BoomiRun()
        let parts =
            isAnswerFirst ? [BoomiSample.answered, BoomiSample.asked] : [BoomiSample.asked, BoomiSample.answered]
        try await run.report(parts[0])
        #expect(try await run.join() == CallJoiner.Outcome())
        run.clock.advance(bySeconds: 59)
        try await run.report(parts[1])
        #expect(try await run.join().joined == 1)
        let entries = try await run.entries()
        #expect(entries.count == 1)
        #expect(entries.first?.summary.method == "POST")
        #expect(entries.first?.summary.status == 200)
        #expect(entries.first?.attributesJSON?.contains("connectorlog.part") == false)
        #expect(try await run.store.pendingCounts(team: nil).parts == 0)
    }

    /// After a restart, say by `kill -9`: all that one process knew is gone.
    @Test func alsoWhereAnotherProcessTookTheFirst() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        let next = BoomiRun.intake(run.store, run.clock)
        var session = next.makeSession(team: run.team, encoding: .identity)
        try Array(BoomiSample.answered.utf8).withUnsafeBytes { try session.feed($0) }
        _ = try await session.finish()
        #expect(try await next.joiner.join().joined == 1)
        #expect(try await run.entries().count == 1)
    }

    /// While the server was away no answer could come: it has its minute from the start on.
    @Test func aRequestOfBeforeAStartIsNotOverAtOnce() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        run.clock.advance(bySeconds: 600)
        let next = BoomiRun.intake(run.store, run.clock)
        #expect(try await next.joiner.join() == CallJoiner.Outcome())
        run.clock.advance(bySeconds: 61)
        #expect(try await next.joiner.join().requestsAlone == 1)
    }

    @Test func callsOfOneIDAreAllJoinedAtOnceInTheirOrder() async throws {
        let run = try await BoomiRun()
        for number in 1...5 { try await run.report(BoomiSample.asked.replacing("event-a", with: "asked-\(number)")) }
        for number in 1...4 {
            try await run.report(BoomiSample.answered.replacing("event-b", with: "answered-\(number)"))
        }
        run.clock.advance(bySeconds: 61)
        let outcome = try await run.join()
        #expect(outcome.joined == 4 && outcome.requestsAlone == 1 && outcome.answersAlone == 0)
    }

    @Test func aRequestWithoutAnAnswerFailsAfterItsWindow() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        run.clock.advance(bySeconds: 60)
        #expect(try await run.join() == CallJoiner.Outcome())
        run.clock.advance(byMicroseconds: 1)
        #expect(try await run.join().requestsAlone == 1)
        let entry = try #require(try await run.entries().first)
        #expect(entry.summary.outcome == .failed)
        #expect(entry.summary.status == nil)
        #expect(entry.summary.errorName == Self.error.name)
        #expect(entry.summary.errorMessage == Self.error.message)
        #expect(entry.requestBody?.text == #"{"n":1}"#)
        #expect(entry.attributesJSON?.contains(#""connectorlog.part":"request""#) == true)
    }

    @Test func anAnswerWithoutARequestSaysWhatItKnows() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.answered)
        run.clock.advance(bySeconds: 61)
        #expect(try await run.join().answersAlone == 1)
        let entry = try #require(try await run.entries().first)
        #expect(entry.summary.outcome == .ok)
        #expect(entry.summary.status == 200)
        #expect(entry.summary.errorName == nil)
        #expect(entry.summary.uri == "https://crm.example.com/api/data/load")
        #expect(entry.attributesJSON?.contains(#""connectorlog.part":"answer""#) == true)
    }

    @Test func whatComesAfterTheWindowIsAnEntryOfItsOwn() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        run.clock.advance(bySeconds: 61)
        try await run.join()
        try await run.report(BoomiSample.answered)
        #expect(try await run.join() == CallJoiner.Outcome())
        run.clock.advance(bySeconds: 61)
        #expect(try await run.join().answersAlone == 1)
        let entries = try await run.entries()
        #expect(entries.map(\.summary.requestID) == [BoomiSample.request, BoomiSample.request])
        #expect(entries.count { $0.attributesJSON?.contains(#""connectorlog.part":"answer""#) == true } == 1)
    }

    @Test func aSecondAnswerIsAnEntryOfItsOwn() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.answered, BoomiSample.failed)
        #expect(try await run.join().joined == 1)
        #expect(try await run.entries().count == 1)
        run.clock.advance(bySeconds: 61)
        #expect(try await run.join().answersAlone == 1)
        let failed = try #require(try await run.entries().first { $0.summary.outcome == .failed })
        #expect(failed.summary.status == 502)
    }

    @Test func callsAreToldApart() async throws {
        let run = try await BoomiRun()
        let others = (1...3).map { number in
            [BoomiSample.asked, BoomiSample.answered].map {
                $0.replacing(BoomiSample.request, with: "request-\(number)").replacing(
                    "event-", with: "event-\(number)-")
            }
        }
        try await run.report(Array("[\((others.map { $0[0] } + others.map { $0[1] }).joined(separator: ","))]".utf8))
        #expect(try await run.join().joined == 3)
        #expect(Set(try await run.entries().map(\.summary.requestID)) == ["request-1", "request-2", "request-3"])
    }

    /// Each part is redacted as its own connector's before it waits, so that parts of two connectors are none of one call.
    @Test func partsOfTwoConnectorsAreTwoCalls() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.answered.replacing("crm-service", with: "other"))
        #expect(try await run.join() == CallJoiner.Outcome())
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(Set(try await run.entries().map(\.summary.connectorIdentifier)) == ["crm-service", "other"])
    }

    // MARK: - Once

    @Test func anEventThatIsToldAgainChangesNothing() async throws {
        let run = try await BoomiRun()
        for _ in 0..<3 { try await run.report(BoomiSample.asked, BoomiSample.answered) }
        try await run.join()
        #expect(try await run.report(BoomiSample.answered).taken == 1)
        try await run.report(BoomiSample.asked, BoomiSample.answered)
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(try await run.entries().count == 1)
    }

    @Test func eventsWithoutAnIDAreTheSameWhenTheyAreTheSameToTheByte() async throws {
        let run = try await BoomiRun()
        let (asked, answered) = (
            BoomiSample.asked.replacing(#""id":"event-a","#, with: ""),
            BoomiSample.answered.replacing(#""id":"event-b","#, with: "")
        )
        for _ in 0..<2 { try await run.report(asked, answered) }
        try await run.join()
        try await run.report(asked)
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(try await run.entries().count == 1)
    }

    /// Whatever an id is unique in.
    @Test func partsWithOneIDAreStillTwo() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.answered.replacing("event-b", with: "event-a"))
        #expect(try await run.join().joined == 1)
    }

    @Test func manyJoinersWriteACallOnce() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.answered)
        let joined = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await run.join().joined } }
            return try await group.reduce(0, +)
        }
        #expect(joined == 1)
        #expect(try await run.entries().count == 1)
    }

    @Test func whatCannotBeWrittenWaits() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.answered)
        let writer = MemoryWriter()
        writer.fail(with: StoreError(.full, "full"))
        let failing = CallJoiner(pipeline: IngestRun.pipeline(writer), pending: run.store)
        await #expect(throws: StoreError.self) { try await failing.join() }
        #expect(try await run.join().joined == 1)
    }

    // MARK: - Limits

    /// More calls than one batch takes.
    @Test func manyCallsAreWrittenInSeveralBatches() async throws {
        let run = try await BoomiRun()
        let count = BoomiLimits.callsAtOnce + 5
        let events = (0..<count).map {
            #"{"type":"serviceinvoker.response","id":"\#($0)","request":"\#($0)","service":"s"}"#
        }
        try await run.report(Array("[\(events.joined(separator: ","))]".utf8))
        run.clock.advance(bySeconds: 61)
        #expect(try await run.join().answersAlone == count)
        #expect(try await run.store.pendingCounts(team: nil).parts == 0)
    }
}
