package import ConnectorLogCore

/// Stores batches with another writer, and tells of them once they are durable.
package struct LiveLogWriter: LogWriter {
    private let writer: any LogWriter
    private let live: LiveLog

    package init(_ writer: any LogWriter, live: LiveLog) {
        (self.writer, self.live) = (writer, live)
    }

    package func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        // Who begins to watch meanwhile reads first, and again at the next heartbeat.
        guard live.isWatched else { return try await writer.append(batch, idempotency: idempotency) }
        let topics = live.watched { Self.topics(of: batch, among: $0) }
        let result = try await writer.append(batch, idempotency: idempotency)
        if result == .stored { live.publish(topics) }
        return result
    }

    private static func topics(of batch: RedactedBatch, among watched: Set<LiveLog.Topic>) -> Set<LiveLog.Topic> {
        var topics: Set<LiveLog.Topic> = []
        func add(_ team: Int64, _ stateID: String?) {
            guard let stateID else { return }
            let topic = LiveLog.Topic(team: team, stateID: stateID)
            if watched.contains(topic) { topics.insert(topic) }
        }
        let states = batch.entries[.stateID]
        var last: (team: Int64, state: ArraySlice<UInt8>)?
        for row in 0..<batch.entries.count {
            guard let state = states[row] else { continue }
            let team = batch.entries.teamIDs[row]
            // Rows of one state mostly stand together.
            if let last, last.team == team, last.state == state { continue }
            last = (team, state)
            add(team, String(decoding: state, as: UTF8.self))
        }
        for fault in batch.faults { add(fault.teamID, fault.stateID) }
        for state in batch.states { add(state.teamID, state.stateID) }
        return topics
    }
}
