import ConnectorLogCore
import Synchronization

/// Gives every entry of a batch a log time of its own within its connector, before the batch is encoded.
final class LogTimeReservations: Sendable {
    /// What the store knows of a connector's times.
    protocol Source: Sendable {
        /// The connector's latest times, some `limit` of them or fewer, and a horizon above which there are no others.
        func latestTimes(
            team: Int64, connector: [UInt8], limit: Int
        ) async throws(StoreError) -> (times: [Int64], horizon: Int64)
        /// The connector's times within `ranges`, which rise.
        func times(
            team: Int64, connector: [UInt8], in ranges: [ClosedRange<Int64>]
        ) async throws(StoreError) -> [Int64]
        /// Whether the connector ever had an entry.
        func hasSeen(_ key: LogTimeWindows.Key) -> Bool
    }

    /// The times that a batch has taken. `settle` gives them back to the windows' bookkeeping.
    struct Reservation: Sendable {
        let connectors: BatchConnectors
        /// Of all rows.
        let times: [Int64]
        var holdsLane = false
    }

    /// How far behind each time of a batch the store is asked at first, in microseconds.
    private static let slack: Int64 = 1_000_000

    private let windows: Mutex<LogTimeWindows>
    /// Taken by batches that need the store's knowledge, until they are stored: what one learns another could change.
    private let lane = AsyncSlots(count: 1)
    private let source: any Source

    init(source: any Source, maximumTimes: Int = LogTimeWindows.maximumTimes) {
        self.source = source
        windows = Mutex(LogTimeWindows(maximumTimes: maximumTimes))
    }

    func reserve(_ connectors: BatchConnectors) async throws(StoreError) -> Reservation {
        if let times = reserveFromWindows(connectors) { return Reservation(connectors: connectors, times: times) }
        try await lane.acquire()
        do {
            let times = try await reserveWithStore(connectors)
            return Reservation(connectors: connectors, times: times, holdsLane: true)
        } catch {
            lane.release()
            throw error
        }
    }

    func settle(_ reservation: Reservation, isStored: Bool) {
        windows.withLock { windows in
            Self.settle(reservation.times, of: reservation.connectors, isStored: isStored, in: &windows)
            windows.shrink()
        }
        if reservation.holdsLane { lane.release() }
    }

    // MARK: - Steps

    /// Nil when the store has to be asked first.
    private func reserveFromWindows(_ connectors: BatchConnectors) -> [Int64]? {
        windows.withLock { windows in
            for (key, earliest) in zip(connectors.keys, connectors.earliest) {
                if windows.horizon(of: key) == nil {
                    guard !source.hasSeen(key) else { return nil }
                    windows.open(key, times: [], horizon: .min)
                }
                guard let horizon = windows.horizon(of: key), horizon < earliest else { return nil }
            }
            return Self.reserve(connectors, known: nil, in: &windows)
        }
    }

    /// Asks the store for what the windows do not know, as often as they change meanwhile or the answer was too short.
    private func reserveWithStore(_ connectors: BatchConnectors) async throws(StoreError) -> [Int64] {
        // One lane, one holder: nobody forgets a window between its opening and its use.
        windows.withLock { $0.held = Set(connectors.keys) }
        defer { windows.withLock { $0.held = [] } }
        var slack = Self.slack
        while true {
            try await openWindows(connectors)
            let known = try await storedTimes(connectors, slack: slack)
            let times = windows.withLock { windows -> [Int64]? in
                for (key, known) in zip(connectors.keys, known) {
                    guard let horizon = windows.horizon(of: key), horizon <= known.horizon else { return nil }
                }
                let times = Self.reserve(connectors, known: known, in: &windows)
                let isEnough = known.enumerated().allSatisfy { connector, known in
                    connectors.rows(of: connector).allSatisfy { row in
                        known.covers(from: connectors.times[Int(row)], to: times[Int(row)])
                    }
                }
                if isEnough { return times }
                Self.settle(times, of: connectors, isStored: false, in: &windows)
                slack = min(slack, .max / 256) * 64
                return nil
            }
            if let times { return times }
        }
    }

    /// - Parameter known: for each connector what the store said; nil when it need not be asked.
    private static func reserve(
        _ connectors: BatchConnectors, known: [KnownTimes]?, in windows: inout LogTimeWindows
    ) -> [Int64] {
        var times = connectors.times
        for (connector, key) in connectors.keys.enumerated() {
            windows.reserve(
                connectors.rows(of: connector), of: &times, for: key, stored: known?[connector].times ?? TakenTimes())
        }
        return times
    }

    private static func settle(
        _ times: [Int64], of connectors: BatchConnectors, isStored: Bool, in windows: inout LogTimeWindows
    ) {
        for (connector, key) in connectors.keys.enumerated() {
            windows.settle(connectors.rows(of: connector).lazy.map { times[Int($0)] }, of: key, isStored: isStored)
        }
    }

    private func openWindows(_ connectors: BatchConnectors) async throws(StoreError) {
        for (connector, key) in connectors.keys.enumerated()
        where windows.withLock({ $0.horizon(of: key) }) == nil {
            guard source.hasSeen(key) else {
                windows.withLock { $0.open(key, times: [], horizon: .min) }
                continue
            }
            let (times, horizon) = try await source.latestTimes(
                team: connectors.team(connector), connector: connectors.identifier(connector),
                limit: LogTimeWindows.leastTimes)
            windows.withLock { $0.open(key, times: times, horizon: horizon) }
        }
    }

    private func storedTimes(
        _ connectors: BatchConnectors, slack: Int64
    ) async throws(StoreError) -> [KnownTimes] {
        var known: [KnownTimes] = []
        for (connector, key) in connectors.keys.enumerated() {
            let earliest = connectors.earliest[connector]
            guard let horizon = windows.withLock({ $0.horizon(of: key) }), earliest <= horizon else {
                known.append(KnownTimes(times: TakenTimes(), horizon: earliest - 1, ranges: []))
                continue
            }
            let ranges = KnownTimes.ranges(
                of: connectors.rows(of: connector).map { connectors.times[Int($0)] }, upTo: horizon, slack: slack)
            let taken = try await source.times(
                team: connectors.team(connector), connector: connectors.identifier(connector), in: ranges)
            known.append(KnownTimes(times: TakenTimes(taken), horizon: horizon, ranges: ranges))
        }
        return known
    }
}
