import ConnectorLogCore
import Synchronization

/// Gives every entry of a commit a log time of its own within its connector, while the commit holds its connectors.
///
/// Of connectors whose last commit this server made it knows the recent times; what it does not know, the store of entries is
/// asked.
final class CommitTimes: Sendable {
    /// What the store of entries has of a connector within some ranges, which rise.
    typealias Stored =
        @Sendable (
            _ connector: ConnectorKey, _ ranges: [ClosedRange<Int64>]
        ) async throws(ClickHouseFailure) -> [Int64]

    /// How far behind each time of a batch the store is asked at first, in microseconds.
    private static let slack: Int64 = 1_000_000
    /// Ranges that it is asked for at once; where there were more, they are made longer.
    private static let mostRanges = 100

    private struct State {
        var windows = LogTimeWindows()
        /// Up to which commit a connector's window knows all.
        var commits: [LogTimeWindows.Key: UInt64] = [:]
    }

    private let state = Mutex(State())

    /// One of each row; `settle` has to follow.
    func reserve(
        _ connectors: BatchConnectors, known: [ConnectorKey: ConnectorTimes], stored: Stored
    ) async throws(ClickHouseFailure) -> [Int64] {
        open(connectors, known)
        var slack = Self.slack
        while true {
            let asked = try await ask(connectors, slack: slack, stored)
            let times = state.withLock { state -> [Int64]? in
                for (key, asked) in zip(connectors.keys, asked) {
                    guard let horizon = state.windows.horizon(of: key), horizon <= asked.horizon else { return nil }
                }
                var times = connectors.times
                for (connector, key) in connectors.keys.enumerated() {
                    state.windows.reserve(
                        connectors.rows(of: connector), of: &times, for: key, stored: asked[connector].times)
                }
                let isEnough = asked.enumerated().allSatisfy { connector, asked in
                    connectors.rows(of: connector).allSatisfy { row in
                        asked.covers(from: connectors.times[Int(row)], to: times[Int(row)])
                    }
                }
                if isEnough { return times }
                Self.settle(times, of: connectors, isStored: false, in: &state.windows)
                slack = min(slack, .max / 256) * 64
                return nil
            }
            if let times { return times }
            // The windows were forgotten meanwhile, for want of room.
            open(connectors, known)
        }
    }

    /// - Parameter commit: that stored the rows; nil when they are not stored.
    func settle(_ times: [Int64], of connectors: BatchConnectors, commit: UInt64?) {
        state.withLock { state in
            Self.settle(times, of: connectors, isStored: commit != nil, in: &state.windows)
            for key in connectors.keys { state.commits[key] = commit ?? state.commits[key] }
            state.windows.shrink()
            if state.commits.count > LogTimeWindows.maximumTimes / LogTimeWindows.windowCost { state.commits = [:] }
        }
    }

    private static func settle(
        _ times: [Int64], of connectors: BatchConnectors, isStored: Bool, in windows: inout LogTimeWindows
    ) {
        for (connector, key) in connectors.keys.enumerated() {
            windows.settle(connectors.rows(of: connector).lazy.map { times[Int($0)] }, of: key, isStored: isStored)
        }
    }

    private func open(_ connectors: BatchConnectors, _ known: [ConnectorKey: ConnectorTimes]) {
        state.withLock { state in
            for (connector, key) in connectors.keys.enumerated() {
                let times = known[connectors.name(connector)] ?? ConnectorTimes(latest: nil, lastCommit: 0)
                if state.commits[key] != times.lastCommit { state.windows.forget(key) }
                state.commits[key] = times.lastCommit
                // Where the window is there already, nothing changes.
                guard let latest = times.latest else {
                    state.windows.open(key, times: [], horizon: .min)
                    continue
                }
                state.windows.open(key, times: [latest], horizon: latest - 1)
            }
        }
    }

    private func ask(
        _ connectors: BatchConnectors, slack: Int64, _ stored: Stored
    ) async throws(ClickHouseFailure) -> [KnownTimes] {
        var known: [KnownTimes] = []
        for (connector, key) in connectors.keys.enumerated() {
            let earliest = connectors.earliest[connector]
            guard let horizon = state.withLock({ $0.windows.horizon(of: key) }), earliest <= horizon else {
                known.append(KnownTimes(times: TakenTimes(), horizon: earliest - 1, ranges: []))
                continue
            }
            let wanted = connectors.rows(of: connector).map { connectors.times[Int($0)] }
            var slack = slack
            var ranges = KnownTimes.ranges(of: wanted, upTo: horizon, slack: slack)
            while ranges.count > Self.mostRanges {
                slack = min(slack, .max / 256) * 8
                ranges = KnownTimes.ranges(of: wanted, upTo: horizon, slack: slack)
            }
            let taken = try await stored(connectors.name(connector), ranges)
            known.append(KnownTimes(times: TakenTimes(taken), horizon: horizon, ranges: ranges))
        }
        return known
    }
}

extension BatchConnectors {
    func name(_ connector: Int) -> ConnectorKey {
        ConnectorKey(teamID: team(connector), identifier: identifier(connector))
    }
}
