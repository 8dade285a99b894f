import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogIngest

/// How many parts of calls may wait.
@Suite struct PendingRoomTests {
    private struct Waiting: PendingCalls {
        var team = PendingCounts(parts: 0, bytes: 0)
        var all = PendingCounts(parts: 0, bytes: 0)

        func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts { team == nil ? all : self.team }
        func pendingCalls(
            arrivedBefore time: Timestamp, limit: Int, bytes: Int
        ) async throws(StoreError) -> [[StoredPendingPart]] { [] }
    }

    private static func counts(_ parts: Int, _ bytes: Int) -> PendingCounts {
        PendingCounts(parts: parts, bytes: bytes)
    }

    private static let part = counts(1, 100)
    /// Where one more part makes it full.
    private static let ofTeam = counts(BoomiLimits.teamParts - 1, BoomiLimits.teamBytes - 100)
    private static let ofAll = counts(BoomiLimits.allParts - 1, BoomiLimits.allBytes - 100)

    /// Waiting parts of the team, of all teams, and of which of the two there is one too many.
    private static let edges: [(PendingCounts, PendingCounts, isRoom: Bool)] = [
        (ofTeam, ofAll, true),
        (counts(ofTeam.parts + 1, 0), counts(0, 0), false),
        (counts(0, ofTeam.bytes + 1), counts(0, 0), false),
        (counts(0, 0), counts(ofAll.parts + 1, 0), false),
        (counts(0, 0), counts(0, ofAll.bytes + 1), false),
    ]

    @Test(arguments: edges)
    func pastTheLimitsThereIsNone(_ team: PendingCounts, _ all: PendingCounts, _ isRoom: Bool) async throws {
        let room = PendingRoom(Waiting(team: team, all: all))
        if isRoom {
            _ = try await room.take(Self.part, team: 1, areAnswers: false)
        } else {
            let error = await #expect(throws: IngestError.self) {
                try await room.take(Self.part, team: 1, areAnswers: false)
            }
            guard case .overloaded? = error?.code else { throw try #require(error) }
            _ = try await room.take(Self.part, team: 1, areAnswers: true)
        }
    }

    @Test(arguments: edges)
    func answersHaveTwiceAsMuch(_ team: PendingCounts, _ all: PendingCounts, _ isRoom: Bool) async throws {
        func withLimit(_ counts: PendingCounts, _ limit: PendingCounts) -> PendingCounts {
            Self.counts(
                counts.parts == 0 ? 0 : counts.parts + limit.parts, counts.bytes == 0 ? 0 : counts.bytes + limit.bytes)
        }
        let room = PendingRoom(
            Waiting(
                team: withLimit(team, Self.counts(BoomiLimits.teamParts, BoomiLimits.teamBytes)),
                all: withLimit(all, Self.counts(BoomiLimits.allParts, BoomiLimits.allBytes))))
        if isRoom {
            _ = try await room.take(Self.part, team: 1, areAnswers: true)
        } else {
            await #expect(throws: IngestError.self) { try await room.take(Self.part, team: 1, areAnswers: true) }
        }
    }

    @Test func whatIsOnItsWayTakesRoomUntilItIsLetGo() async throws {
        let room = PendingRoom(Waiting())
        let half = Self.counts(BoomiLimits.teamParts / 2, 0)
        var places = [try await room.take(half, team: 1, areAnswers: false)]
        places.append(try await room.take(half, team: 1, areAnswers: false))
        await #expect(throws: IngestError.self) { try await room.take(Self.part, team: 1, areAnswers: false) }
        _ = try await room.take(Self.part, team: 2, areAnswers: false)
        places.removeLast()
        _ = try await room.take(Self.part, team: 1, areAnswers: false)
    }

    @Test func thatOfAllTeamsIsShared() async throws {
        let room = PendingRoom(Waiting())
        var places: [PendingRoom.Place] = []
        for team in 1...5 as ClosedRange<Int64> {
            places.append(
                try await room.take(Self.counts(BoomiLimits.teamParts, 0), team: team, areAnswers: false))
        }
        await #expect(throws: IngestError.self) { try await room.take(Self.part, team: 6, areAnswers: false) }
        withExtendedLifetime(places) {}
    }

    @Test func whatIsRefusedTakesNone() async throws {
        let room = PendingRoom(Waiting())
        for _ in 0..<3 {
            await #expect(throws: IngestError.self) {
                try await room.take(Self.counts(BoomiLimits.teamParts + 1, 0), team: 1, areAnswers: false)
            }
        }
        _ = try await room.take(Self.counts(BoomiLimits.teamParts, 0), team: 1, areAnswers: false)
    }

    // MARK: - Reports

    @Test func aFullTeamIsTakenAnswersFromAndStatesButNoRequests() async throws {
        let run = try await BoomiRun()
        let full = Self.counts(BoomiLimits.teamParts, 0)
        let intake = BoomiIntake(
            pipeline: run.intake.pipeline, reader: run.store, pending: Waiting(team: full, all: full))
        func report(_ text: String) async throws -> BoomiOutcome {
            var session = intake.makeSession(team: run.team, encoding: .identity)
            try Array(text.utf8).withUnsafeBytes { try session.feed($0) }
            return try await session.finish()
        }
        await #expect(throws: IngestError.self) { try await report(BoomiSample.asked) }
        #expect(try await run.store.pendingCounts(team: nil).parts == 0)
        // States wait for nothing.
        #expect(try await report(BoomiSample.state()).taken == 1)
        #expect(try await report(BoomiSample.answered).taken == 1)
        #expect(try await report("[\(BoomiSample.asked),\(BoomiSample.answered)]").taken == 2)
    }
}
