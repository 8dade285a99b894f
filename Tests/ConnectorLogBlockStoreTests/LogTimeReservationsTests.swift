import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogBlockStore

@Suite struct LogTimeReservationsTests {
    /// A store of one connector's times that notes what it is asked.
    private final class Times: LogTimeReservations.Source {
        private let state: Mutex<(times: Set<Int64>, asked: [ClosedRange<Int64>])>

        /// Called when times are asked for.
        private let whenAsked: @Sendable () -> Void

        init(_ times: some Sequence<Int64>, whenAsked: @escaping @Sendable () -> Void = {}) {
            state = Mutex((Set(times), []))
            self.whenAsked = whenAsked
        }

        var asked: [ClosedRange<Int64>] { state.withLock { $0.asked } }

        func latestTimes(
            team: Int64, connector: [UInt8], limit: Int
        ) async throws(StoreError) -> (times: [Int64], horizon: Int64) {
            let sorted = state.withLock { $0.times.sorted(by: >) }
            return (Array(sorted.prefix(limit)), sorted.count > limit ? sorted[limit] : .min)
        }

        func times(
            team: Int64, connector: [UInt8], in ranges: [ClosedRange<Int64>]
        ) async throws(StoreError) -> [Int64] {
            whenAsked()
            return state.withLock { state in
                state.asked += ranges
                return state.times.filter { time in ranges.contains { $0.contains(time) } }
            }
        }

        func hasSeen(_ key: LogTimeWindows.Key) -> Bool { true }
    }

    private func columns(_ times: [Int64], connector: String = "c") -> EntryColumns {
        Fixtures.batch(times.map { SampleEntry(team: 1, at: Timestamp(microseconds: $0), connector: connector) })
            .entries
    }

    private func reserved(
        _ times: [Int64], by reservations: LogTimeReservations, isStored: Bool = true
    ) async throws -> [Int64] {
        let reservation = try await reservations.reserve(BatchConnectors(columns(times)))
        reservations.settle(reservation, isStored: isStored)
        return reservation.times
    }

    /// More than a window keeps, a second apart.
    private static let many = (0..<5000).map { Int64($0) * 1_000_000 }

    @Test func newTimesAskNothingOfTheStoreButTheLatest() async throws {
        let source = Times(Self.many)
        let reservations = LogTimeReservations(source: source)
        #expect(
            try await reserved([5_000_000_000, 4_999_000_000], by: reservations) == [5_000_000_000, 4_999_000_001])
        #expect(source.asked.isEmpty)
    }

    @Test func anOldTimePassesOverWhatIsStoredThere() async throws {
        let source = Times(Self.many + [7_000_001, 7_000_002])
        let reservations = LogTimeReservations(source: source)
        #expect(
            try await reserved([7_000_000, 7_000_000, 7_000_010], by: reservations) == [
                7_000_003, 7_000_004, 7_000_010,
            ])
    }

    @Test func whatLiesBetweenAnOldTimeAndANewOneIsNotAskedFor() async throws {
        let source = Times(Self.many)
        let reservations = LogTimeReservations(source: source)
        _ = try await reserved([1_000_000, 3_000_000_000, 5_000_000_000], by: reservations)
        #expect(source.asked.reduce(0) { $0 + $1.upperBound - $1.lowerBound } <= 2 * 1_000_000)
        #expect(source.asked.count == 2)
    }

    @Test func asksAgainFartherWhenAllThatItKnowsIsTaken() async throws {
        let run = (0..<3_000_000).map { Int64($0) }
        let source = Times(run + Self.many.suffix(3000))
        let reservations = LogTimeReservations(source: source)
        #expect(try await reserved([0], by: reservations) == [3_000_000])
        #expect(source.asked.count > 1)
    }

    @Test func oldTimesThatAreReservedAtOnceDiffer() async throws {
        let source = Times(Self.many)
        let reservations = LogTimeReservations(source: source)
        let all = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<20 {
                group.addTask { try await reserved(Array(repeating: 9_000_000, count: 10), by: reservations) }
            }
            return try await group.reduce(into: [Int64]()) { $0 += $1 }
        }
        #expect(Set(all) == Set(9_000_001...9_000_200))
    }

    @Test func timesOfABatchThatFailedAreFreeAgain() async throws {
        let reservations = LogTimeReservations(source: Times(Self.many))
        #expect(try await reserved([5_000_000_500], by: reservations, isStored: false) == [5_000_000_500])
        #expect(try await reserved([5_000_000_500], by: reservations) == [5_000_000_500])
        #expect(try await reserved([5_000_000_500], by: reservations) == [5_000_000_501])
    }

    /// Another batch that is settled meanwhile makes room by forgetting windows, but none that this one is about to use.
    @Test func windowsOfABatchThatAsksTheStoreAreNotForgottenMeanwhile() async throws {
        let asked = Mutex(0)
        let holder = Mutex<LogTimeReservations?>(nil)
        let source = Times(Self.many) {
            asked.withLock { $0 += 1 }
            holder.withLock { $0 }?.settle(LogTimeReservations.Reservation.none, isStored: true)
        }
        // Room for a tenth of them: those of a batch before are forgotten.
        let reservations = LogTimeReservations(
            source: source, maximumTimes: 250 * (LogTimeWindows.leastTimes + LogTimeWindows.windowCost))
        #expect(try await reserved([5], by: reservations) == [5])
        let before = asked.withLock { $0 }
        holder.withLock { $0 = reservations }
        var columns = EntryColumns()
        for number in 0..<2500 { columns.append(contentsOf: self.columns([5], connector: "c\(number)")) }
        let reservation = try await reservations.reserve(BatchConnectors(columns))
        reservations.settle(reservation, isStored: true)
        #expect(reservation.times.allSatisfy { $0 == 5 })
        #expect(asked.withLock { $0 } == before + 2500)
        holder.withLock { $0 = nil }
        _ = try await reserved([7], by: reservations)
        #expect(asked.withLock { $0 } == before + 2501)
    }
}

extension LogTimeReservations.Reservation {
    /// Of a batch without entries.
    fileprivate static let none = Self(connectors: BatchConnectors(EntryColumns()), times: [])
}
