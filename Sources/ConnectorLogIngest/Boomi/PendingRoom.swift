import ConnectorLogCore
import Synchronization

/// How much may wait for its other part. What is on its way to the store takes room too, so that reports that arrive
/// together do not pass the limits together.
///
/// A report that brings no more requests than answers may fill twice the room: its answers end the waiting of requests,
/// which would count as unanswered if they were refused.
final class PendingRoom: Sendable {
    private let pending: any PendingCalls
    private let onTheirWay = Mutex([Int64: PendingCounts]())

    init(_ pending: any PendingCalls) {
        self.pending = pending
    }

    /// Taken until it is let go: after the parts are stored, or are given up.
    final class Place: Sendable {
        private let room: PendingRoom
        private let team: Int64
        private let parts: PendingCounts

        fileprivate init(_ room: PendingRoom, _ team: Int64, _ parts: PendingCounts) {
            (self.room, self.team, self.parts) = (room, team, parts)
        }

        deinit {
            room.onTheirWay.withLock { waiting in
                waiting[team, default: .nothing] -= parts
                if waiting[team] == .nothing { waiting[team] = nil }
            }
        }
    }

    /// - Parameter areAnswers: of the parts at least as many are answers as are requests.
    /// - Throws: `.overloaded` when there is not so much room.
    func take(_ parts: PendingCounts, team: Int64, areAnswers: Bool) async throws(IngestError) -> Place {
        // First taken, then compared: what is stored between the two is counted twice, and never missed.
        let (ofTeamComing, ofAllComing) = onTheirWay.withLock { waiting in
            waiting[team, default: .nothing] += parts
            return (waiting[team] ?? .nothing, waiting.values.reduce(into: .nothing) { $0 += $1 })
        }
        let place = Place(self, team, parts)
        let (ofTeam, ofAll): (PendingCounts, PendingCounts)
        do throws(StoreError) {
            ofTeam = try await pending.pendingCounts(team: team) + ofTeamComing
            ofAll = try await pending.pendingCounts(team: nil) + ofAllComing
        } catch {
            throw IngestError(error)
        }
        let times = areAnswers ? 2 : 1
        guard ofTeam.parts <= times * BoomiLimits.teamParts, ofTeam.bytes <= times * BoomiLimits.teamBytes,
            ofAll.parts <= times * BoomiLimits.allParts, ofAll.bytes <= times * BoomiLimits.allBytes
        else { throw IngestError(.overloaded, "too many calls wait for their other part") }
        return place
    }
}

extension PendingCounts {
    fileprivate static let nothing = PendingCounts(parts: 0, bytes: 0)

    fileprivate static func + (a: PendingCounts, b: PendingCounts) -> PendingCounts {
        PendingCounts(parts: a.parts + b.parts, bytes: a.bytes + b.bytes)
    }

    fileprivate static func += (a: inout PendingCounts, b: PendingCounts) { a = a + b }

    fileprivate static func -= (a: inout PendingCounts, b: PendingCounts) {
        a = PendingCounts(parts: a.parts - b.parts, bytes: a.bytes - b.bytes)
    }
}
