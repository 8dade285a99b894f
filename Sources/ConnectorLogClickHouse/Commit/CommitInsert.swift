import ConnectorLogCore

/// Writes the rows of a commit.
struct CommitInsert: Sendable {
    /// How long an insert stands aside for others on the same replicas.
    private static let patienceForQuorum = Duration.seconds(5)
    /// How long ClickHouse waits for the other replicas.
    private static let quorumMilliseconds = 10_000

    let cluster: Cluster
    let dialect: Dialect

    /// All of a commit goes to one shard, another each time.
    func insert(
        _ blocks: [(table: Table, block: NativeBlock)], number: UInt64
    ) async throws(ClickHouseFailure) {
        let topology = cluster.topology()
        let (shard, host) = cluster.client.health.best(
            of: topology.shards, turn: Int(truncatingIfNeeded: number & 0xFFFF))
        let quorum = topology.isReplicated && shard.replicas > 1 ? shard.quorum : nil
        let result = await withTaskGroup(of: ClickHouseFailure?.self) { tasks in
            for (table, block) in blocks {
                tasks.addTask {
                    do throws(ClickHouseFailure) {
                        try await insert(
                            block, into: topology.isReplicated ? ClickHouseMigration.local(table) : table.name,
                            settings: settings(number, table, quorum: quorum, mayLag: topology.mayLag), host: host)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await tasks.reduce(nil) { $0 ?? $1 }
        }
        if let result { throw result }
    }

    /// Older servers refuse an insert while a quorum of another one is awaited; that is soon over.
    private func insert(
        _ block: NativeBlock, into table: String, settings: [String: String], host: Int
    ) async throws(ClickHouseFailure) {
        let deadline = ContinuousClock.now + Self.patienceForQuorum
        while true {
            do throws(ClickHouseFailure) {
                return try await cluster.client.insert(block, into: table, settings: settings, host: host)
            } catch {
                // Of a block of several days the first may be there already: replicas know that they have it.
                guard error.isQuorumTaken, .now < deadline else { throw error }
                try? await Task.sleep(for: .milliseconds(.random(in: 5...40)))
            }
        }
    }

    private func settings(_ number: UInt64, _ table: Table, quorum: Int?, mayLag: Bool) -> [String: String] {
        var settings: [String: String] = [:]
        if dialect.hasPartitionLimit { settings["max_partitions_per_insert_block"] = "0" }
        // Acknowledged is what is written, whatever the user's profile says.
        if dialect.hasAsynchronousInserts { settings["async_insert"] = "0" }
        if dialect.hasDeduplicationToken { settings["insert_deduplication_token"] = "\(number)-\(table.name)" }
        if let quorum {
            settings["insert_quorum"] = "\(quorum)"
            settings["insert_quorum_timeout"] = "\(Self.quorumMilliseconds)"
            // Otherwise no replica could say whether it lags.
            if mayLag, dialect.hasParallelQuorum { settings["insert_quorum_parallel"] = "0" }
        }
        return settings
    }
}
