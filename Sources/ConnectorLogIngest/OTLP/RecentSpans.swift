import Synchronization

/// Which spans were stored lately, so that one that is sent again, because its sender took the first request for lost, is not
/// stored twice (the exporters of OTLP repeat on time-outs). In memory, for the last 262,144 spans at most.
final class RecentSpans: Sendable {
    struct Key: Hashable, Sendable {
        var team: Int64
        var trace: (UInt64, UInt64)
        var span: UInt64

        static func == (a: Key, b: Key) -> Bool {
            a.span == b.span && a.trace == b.trace && a.team == b.team
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(span)
            hasher.combine(trace.0)
            hasher.combine(trace.1)
            hasher.combine(team)
        }
    }

    enum Verdict { case new, stored, underWay }

    private struct State {
        /// Sets of `ways` keys; the oldest of a set makes room.
        var stored: [Key?] = []
        var next: [UInt8] = []
        var underWay: Set<Key> = []
    }

    private static let sets = 1 << 16
    private static let ways = 4

    private let state = Mutex(State())

    /// Marks a new span as one that is being stored, until `end`.
    func begin(_ key: Key) -> Verdict {
        state.withLock { state in
            if !state.stored.isEmpty {
                let start = Self.start(of: key)
                for at in start..<start + Self.ways where state.stored[at] == key { return .stored }
            }
            return state.underWay.insert(key).inserted ? .new : .underWay
        }
    }

    func end(_ keys: Set<Key>, areStored: Bool) {
        guard !keys.isEmpty else { return }
        state.withLock { state in
            if state.stored.isEmpty, areStored {
                state.stored = [Key?](repeating: nil, count: Self.sets * Self.ways)
                state.next = [UInt8](repeating: 0, count: Self.sets)
            }
            for key in keys {
                state.underWay.remove(key)
                guard areStored else { continue }
                let start = Self.start(of: key)
                let set = start / Self.ways
                state.stored[start + Int(state.next[set])] = key
                state.next[set] = (state.next[set] + 1) % UInt8(Self.ways)
            }
        }
    }

    private static func start(of key: Key) -> Int {
        Int(UInt(bitPattern: key.hashValue) % UInt(sets)) * ways
    }
}

/// The spans of one request that nobody else may store meanwhile. They are free again when it is destroyed.
struct SpanClaim: ~Copyable {
    private let recent: RecentSpans
    private var keys: Set<RecentSpans.Key> = []
    private var areStored = false

    init(of recent: RecentSpans) {
        self.recent = recent
    }

    deinit { recent.end(keys, areStored: areStored) }

    /// Memory in use, here and in what all requests share.
    var byteCount: Int { keys.count * 160 }

    mutating func begin(_ key: RecentSpans.Key) -> RecentSpans.Verdict {
        // Twice in this request is no reason to wait for another.
        if keys.contains(key) { return .stored }
        let verdict = recent.begin(key)
        if verdict == .new { keys.insert(key) }
        return verdict
    }

    /// The span is free again: it was not taken after all.
    mutating func withdraw(_ key: RecentSpans.Key) {
        if keys.remove(key) != nil { recent.end([key], areStored: false) }
    }

    consuming func noteStored() { areStored = true }
}
