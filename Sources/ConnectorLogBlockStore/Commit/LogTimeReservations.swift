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
        var times: [LogTimeWindows.Key: [Int64]] = [:]
        fileprivate var holdsLane = false
    }

    /// How far behind each time of a batch the store is asked at first, in microseconds.
    private static let slack: Int64 = 1_000_000

    private let windows = Mutex(LogTimeWindows())
    /// Taken by batches that need the store's knowledge, until they are stored: what one learns another could change.
    private let lane = AsyncSlots(count: 1)
    private let source: any Source

    init(source: any Source) {
        self.source = source
    }

    func reserve(_ columns: inout EntryColumns) async throws(StoreError) -> Reservation {
        let rows = Rows(columns)
        if let times = reserveFromWindows(rows) {
            columns.logTimes = times.all
            return Reservation(times: times.byKey)
        }
        try await lane.acquire()
        do {
            let times = try await reserveWithStore(rows)
            columns.logTimes = times.all
            return Reservation(times: times.byKey, holdsLane: true)
        } catch {
            lane.release()
            throw error
        }
    }

    func settle(_ reservation: Reservation, isStored: Bool) {
        windows.withLock { windows in
            for (key, times) in reservation.times { windows.settle(times, of: key, isStored: isStored) }
            windows.forgetUnused()
        }
        if reservation.holdsLane { lane.release() }
    }

    // MARK: - Steps

    private struct Times {
        var all: [Int64] = []
        var byKey: [LogTimeWindows.Key: [Int64]] = [:]
    }

    /// Nil when the store has to be asked first.
    private func reserveFromWindows(_ rows: Rows) -> Times? {
        windows.withLock { windows in
            for key in rows.firstRow.keys {
                if windows.horizon(of: key) == nil {
                    guard !source.hasSeen(key) else { return nil }
                    windows.open(key, times: [], horizon: .min)
                }
                guard let horizon = windows.horizon(of: key), horizon < rows.earliest[key] ?? .min else { return nil }
            }
            return Self.reserve(rows, stored: [:], in: &windows)
        }
    }

    /// Asks the store for what the windows do not know, as often as they change meanwhile or the answer was too short.
    private func reserveWithStore(_ rows: Rows) async throws(StoreError) -> Times {
        // One lane, one holder: nobody forgets a window between its opening and its use.
        windows.withLock { $0.held = Set(rows.firstRow.keys) }
        defer { windows.withLock { $0.held = [] } }
        var slack = Self.slack
        while true {
            try await openWindows(rows)
            let known = try await storedTimes(rows, slack: slack)
            let times = windows.withLock { windows -> Times? in
                for key in rows.firstRow.keys {
                    guard let horizon = windows.horizon(of: key), horizon <= known[key]?.horizon ?? .min else {
                        return nil
                    }
                }
                let times = Self.reserve(rows, stored: known.mapValues(\.times), in: &windows)
                let isEnough = rows.places.allSatisfy { key, places in
                    places.allSatisfy { known[key]?.covers(from: rows.times[$0], to: times.all[$0]) ?? true }
                }
                if isEnough { return times }
                for (key, times) in times.byKey { windows.settle(times, of: key, isStored: false) }
                slack = min(slack, .max / 256) * 64
                return nil
            }
            if let times { return times }
        }
    }

    private static func reserve(
        _ rows: Rows, stored: [LogTimeWindows.Key: TakenTimes], in windows: inout LogTimeWindows
    ) -> Times {
        var times = Times()
        times.all = rows.times
        for (key, places) in rows.places {
            let reserved = windows.reserve(
                places.map { rows.times[$0] }, of: key, stored: stored[key] ?? TakenTimes())
            for (row, time) in zip(places, reserved) { times.all[row] = time }
            times.byKey[key] = reserved
        }
        return times
    }

    private func openWindows(_ rows: Rows) async throws(StoreError) {
        for (key, row) in rows.firstRow where windows.withLock({ $0.horizon(of: key) }) == nil {
            guard source.hasSeen(key) else {
                windows.withLock { $0.open(key, times: [], horizon: .min) }
                continue
            }
            let (times, horizon) = try await source.latestTimes(
                team: rows.teams[row], connector: rows.connector(row), limit: LogTimeWindows.keptTimes)
            windows.withLock { $0.open(key, times: times, horizon: horizon) }
        }
    }

    private func storedTimes(
        _ rows: Rows, slack: Int64
    ) async throws(StoreError) -> [LogTimeWindows.Key: KnownTimes] {
        var known: [LogTimeWindows.Key: KnownTimes] = [:]
        for (key, row) in rows.firstRow {
            guard let earliest = rows.earliest[key], let horizon = windows.withLock({ $0.horizon(of: key) }) else {
                continue
            }
            guard earliest <= horizon else {
                known[key] = KnownTimes(times: TakenTimes(), horizon: earliest - 1, ranges: [])
                continue
            }
            let ranges = KnownTimes.ranges(
                of: (rows.places[key] ?? []).map { rows.times[$0] }, upTo: horizon, slack: slack)
            let taken = try await source.times(
                team: rows.teams[row], connector: rows.connector(row), in: ranges)
            known[key] = KnownTimes(times: TakenTimes(taken), horizon: horizon, ranges: ranges)
        }
        return known
    }
}

/// What the store said of a connector's times.
private struct KnownTimes {
    var times: TakenTimes
    /// The window's horizon when the store was asked: above it the window knows.
    var horizon: Int64
    /// What was asked for; rising.
    var ranges: [ClosedRange<Int64>]

    /// The times up to the horizon, each with `slack` behind it, as few ranges: a batch of one old entry and one new must
    /// not read all that lies between.
    static func ranges(of times: [Int64], upTo horizon: Int64, slack: Int64) -> [ClosedRange<Int64>] {
        var ranges: [ClosedRange<Int64>] = []
        for time in times.filter({ $0 <= horizon }).sorted() {
            if let last = ranges.last, time <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...time + slack
            } else {
                ranges.append(time...time + slack)
            }
        }
        return ranges
    }

    /// Whether all times from that of a row to the one that it was given are known.
    func covers(from time: Int64, to given: Int64) -> Bool {
        if time > horizon { return true }
        let next = ranges.firstIndex(rising: { $0.upperBound >= time })
        guard next < ranges.count, ranges[next].lowerBound <= time else { return false }
        return given <= ranges[next].upperBound || ranges[next].upperBound >= horizon
    }
}

/// The rows of a batch by connector.
private struct Rows {
    /// The rows of each connector, rising.
    let places: [LogTimeWindows.Key: [Int]]
    let times: [Int64]
    let teams: [Int64]
    private let connectors: TextColumn
    var firstRow: [LogTimeWindows.Key: Int] = [:]
    var earliest: [LogTimeWindows.Key: Int64] = [:]

    init(_ columns: EntryColumns) {
        times = columns.logTimes
        teams = columns.teamIDs
        let connectors = columns[.connector]
        self.connectors = connectors
        let bytes = connectors.bytes.span
        var places: [LogTimeWindows.Key: [Int]] = [:]
        for row in 0..<columns.count {
            let key = LogTimeWindows.key(team: teams[row], bytes.extracting(connectors.range(row)))
            places[key, default: []].append(row)
        }
        self.places = places
        for (key, places) in places {
            firstRow[key] = places[0]
            earliest[key] = places.reduce(.max) { min($0, times[$1]) }
        }
    }

    func connector(_ row: Int) -> [UInt8] { Array(connectors[row] ?? []) }
}
