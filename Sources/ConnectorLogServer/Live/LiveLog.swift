import Synchronization

/// Tells those who watch a flow state that something of it was stored. It carries no rows: who is told reads them from the
/// store, so that a slow reader holds no memory, and a burst is one signal.
package final class LiveLog: Sendable {
    package struct Limits: Sendable {
        /// Streams at once of all readers together.
        package var streams = 200
        /// Streams at once of one team's flow states, so that others' are served, too.
        package var streamsPerTeam = 100
        /// Streams at once of one key.
        package var streamsPerKey = 20
        /// How often a stream says that it lives, and whether it may.
        package var heartbeat: Duration = .seconds(15)
        /// The least time between two answers of one stream.
        package var pause: Duration = .milliseconds(300)

        package init() {}
    }

    package struct Topic: Hashable, Sendable {
        package var team: Int64
        package var stateID: String

        package init(team: Int64, stateID: String) {
            (self.team, self.stateID) = (team, stateID)
        }
    }

    private struct Watch {
        var topic: Topic
        var keyID: String
        var wake: AsyncStream<LiveWatch.Wake>.Continuation
    }

    package let limits: Limits
    private let watches = Mutex<[UInt64: Watch]>([:])
    private let lastID = Atomic<UInt64>(0)
    private let count = Atomic<Int>(0)

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// One load, so that a writer whom nobody watches loses no time.
    package var isWatched: Bool { count.load(ordering: .acquiring) > 0 }

    package var streams: Int { watches.withLock { $0.count } }

    /// Nil when the key, the team or the server has as many streams as it may have.
    package func watch(_ topic: Topic, keyID: String) -> LiveWatch? {
        let id = lastID.add(1, ordering: .relaxed).newValue
        // One signal waits at most: what comes meanwhile is read with it.
        let (signals, wake) = AsyncStream<LiveWatch.Wake>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let isTaken = watches.withLock { watches in
            guard watches.count < limits.streams,
                watches.values.count(where: { $0.topic.team == topic.team }) < limits.streamsPerTeam,
                watches.values.count(where: { $0.keyID == keyID }) < limits.streamsPerKey
            else { return false }
            watches[id] = Watch(topic: topic, keyID: keyID, wake: wake)
            count.store(watches.count, ordering: .releasing)
            return true
        }
        return isTaken ? LiveWatch(id: id, signals: signals, wake: wake, log: self) : nil
    }

    /// Of all these, the topics that somebody watches.
    func watched(of topics: (Set<Topic>) -> Set<Topic>) -> Set<Topic> {
        topics(watches.withLock { Set($0.values.map(\.topic)) })
    }

    package func publish(_ topics: Set<Topic>) {
        guard !topics.isEmpty else { return }
        watches.withLock { watches in
            for watch in watches.values where topics.contains(watch.topic) { watch.wake.yield(.signal) }
        }
    }

    fileprivate func end(_ id: UInt64) {
        let watch = watches.withLock { watches in
            let watch = watches.removeValue(forKey: id)
            count.store(watches.count, ordering: .releasing)
            return watch
        }
        watch?.wake.finish()
    }
}

/// One stream's place; given back when nobody holds it any more, however the stream ended.
package final class LiveWatch: Sendable {
    /// Why a wait ended.
    package enum Wake: Sendable {
        case signal, heartbeat
        /// The watch was ended, or the task cancelled.
        case over
    }

    private let id: UInt64
    private let signals: AsyncStream<Wake>
    private let wake: AsyncStream<Wake>.Continuation
    private let log: LiveLog
    private let isOver = Atomic(false)

    fileprivate init(
        id: UInt64, signals: AsyncStream<Wake>, wake: AsyncStream<Wake>.Continuation, log: LiveLog
    ) {
        (self.id, self.signals, self.wake, self.log) = (id, signals, wake, log)
    }

    deinit { log.end(id) }

    /// A pause, then until something was stored, in the pause too, or the time of a heartbeat has come. One task at a time
    /// waits.
    package func pauseAndWait() async -> Wake {
        guard !isOver.load(ordering: .acquiring), (try? await Task.sleep(for: log.limits.pause)) != nil,
            !isOver.load(ordering: .acquiring)
        else { return .over }
        let beat = Task { [limit = log.limits.heartbeat, wake] in
            try await Task.sleep(for: limit)
            wake.yield(.heartbeat)
        }
        defer { beat.cancel() }
        for await reason in signals { return Task.isCancelled || isOver.load(ordering: .acquiring) ? .over : reason }
        return .over
    }

    package func end() {
        isOver.store(true, ordering: .releasing)
        wake.finish()
    }
}
