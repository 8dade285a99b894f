import ConnectorLogCore
import Synchronization

/// Which connectors exist, in memory, so that a batch finds its new ones without a query.
final class ConnectorRegistry: Sendable {
    private struct State {
        /// In the catalog.
        var active: Set<LogTimeWindows.Key> = []
        /// In the catalog or once deleted from it: the store may have entries of theirs.
        var seen: Set<LogTimeWindows.Key> = []
    }

    private let state = Mutex(State())

    func load(active: [LogTimeWindows.Key], deleted: [LogTimeWindows.Key]) {
        state.withLock { state in
            state.active = Set(active)
            state.seen = state.active.union(deleted)
        }
    }

    func hasSeen(_ key: LogTimeWindows.Key) -> Bool { state.withLock { $0.seen.contains(key) } }

    func add(_ connectors: [PreparedBatch.NewConnector]) {
        guard !connectors.isEmpty else { return }
        state.withLock { state in
            for connector in connectors {
                state.active.insert(connector.key)
                state.seen.insert(connector.key)
            }
        }
    }

    func add(_ key: LogTimeWindows.Key) {
        state.withLock { state in
            state.active.insert(key)
            state.seen.insert(key)
        }
    }

    func remove(_ key: LogTimeWindows.Key) {
        state.withLock { state in
            _ = state.active.remove(key)
        }
    }

    /// The connectors of entries and faults that the catalog does not hold.
    func newConnectors(in batch: BatchConnectors, _ faults: [RootFault]) -> [PreparedBatch.NewConnector] {
        var found: [LogTimeWindows.Key: PreparedBatch.NewConnector] = [:]
        state.withLock { state in
            func note(_ key: LogTimeWindows.Key, _ team: Int64, _ identifier: @autoclosure () -> String) {
                guard !state.active.contains(key), found[key] == nil else { return }
                found[key] = PreparedBatch.NewConnector(key: key, teamID: team, identifier: identifier())
            }
            for (connector, key) in batch.keys.enumerated() where batch.isNamed(connector) {
                note(key, batch.team(connector), String(decoding: batch.identifier(connector), as: UTF8.self))
            }
            for fault in faults {
                guard let identifier = fault.connectorIdentifier else { continue }
                note(LogTimeWindows.key(team: fault.teamID, identifier), fault.teamID, identifier)
            }
        }
        return Array(found.values)
    }
}
