import Synchronization

/// Which of some servers to ask: each in turn, and those that failed of late only when no other is left.
final class HostHealth: Sendable {
    /// How long a server that failed is asked last.
    static let patience = Duration.seconds(10)

    private struct State {
        var failedAt: [ContinuousClock.Instant?]
        var turn = 0
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant

    init(count: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        state = Mutex(State(failedAt: Array(repeating: nil, count: count)))
        self.now = now
    }

    /// Numbers of all servers among `wanted`, the best first.
    func order(of wanted: [Int]) -> [Int] {
        let now = now()
        return state.withLock { state in
            state.turn &+= 1
            let turned = wanted.indices.map { wanted[($0 + state.turn) % wanted.count] }
            func isAway(_ host: Int) -> Bool { state.failedAt[host].map { now - $0 < Self.patience } ?? false }
            return turned.filter { !isAway($0) } + turned.filter(isAway)
        }
    }

    func note(_ host: Int, isWell: Bool) {
        let now = now()
        state.withLock { $0.failedAt[host] = isWell ? nil : now }
    }

    /// A shard that is well, another at each turn, and a server of it that is; some shard, where none is.
    /// - Precondition: there are shards, and each has a server.
    func best(of shards: [Topology.Shard], turn: Int) -> (shard: Topology.Shard, host: Int) {
        let now = now()
        let isAway = state.withLock { $0.failedAt.map { $0.map { now - $0 < Self.patience } ?? false } }
        let turned = shards.indices.map { shards[($0 + turn) % shards.count] }
        let isWell = { (shard: Topology.Shard) in
            // Of those not heard of, nothing is known.
            shard.replicas - shard.hosts.count { isAway[$0] } >= shard.quorum
        }
        let shard = turned.first(where: isWell) ?? turned[0]
        return (shard, order(of: shard.hosts)[0])
    }
}
