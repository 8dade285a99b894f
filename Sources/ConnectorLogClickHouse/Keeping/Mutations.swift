import ConnectorLogCore

/// Changes rows that are there already: ClickHouse writes the parts anew that have some of them.
struct Mutations: Sendable {
    /// Until it is asked again whether a change is made.
    private static let pause = Duration.milliseconds(50)

    let dialect: Dialect
    let cluster: Cluster
    /// How long a change is waited for. It goes on behind that; who asks for it again waits again.
    var patience = Duration.seconds(600)

    private var client: ClickHouseClient { cluster.client }

    /// Returns when the rows are gone.
    func delete(from table: Table, where conditions: String) async throws(StoreError) {
        try await alter(table, "DELETE WHERE (\(conditions)) OR \(LastQuorum.isNudge)")
    }

    /// Returns when the rows are changed.
    func update(_ table: Table, _ changes: String, where conditions: String) async throws(StoreError) {
        try await alter(table, "UPDATE \(changes) WHERE \(conditions)")
    }

    func count(in table: Table, where conditions: String) async throws(StoreError) -> Int {
        do {
            let counts = try await cluster.rows(
                "SELECT toInt64(count()) FROM \(table.name) WHERE \(conditions)", "a count of \(table.name)"
            ) { row throws(ClickHouseFailure) in Int(try row.integer(Int64.self)) }
            return counts.first ?? 0
        } catch {
            throw StoreError(error)
        }
    }

    /// Of all replicas together, also of what no quorum has. Fails where one is away.
    func countEverywhere(in table: Table, where conditions: String) async throws(StoreError) -> Int {
        do {
            let place = "a count of \(table.name)"
            let topology = try await cluster.whole()
            let name = topology.isReplicated ? ClickHouseMigration.local(table) : table.name
            var count = 0
            for host in topology.shards.flatMap(\.hosts) {
                let answer = try await client.query(
                    "SELECT toInt64(count()) FROM \(name) WHERE \(conditions) FORMAT RowBinary", place, host: host)
                var reader = RowBinaryReader(answer, place)
                count += Int(try reader.integer(Int64.self))
            }
            return count
        } catch {
            throw StoreError(error)
        }
    }

    private func alter(_ table: Table, _ change: String) async throws(StoreError) {
        let place = "a change of \(table.name)"
        do {
            let topology = try await cluster.whole()
            // All have to be there: what one does not hear now would be asked for again and again.
            if topology.isReplicated {
                for host in topology.shards.flatMap(\.hosts) {
                    _ = try await client.query("SELECT 1", place, host: host)
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for shard in topology.shards {
                    tasks.addTask { try await alter(table, change, place, shard, isReplicated: topology.isReplicated) }
                }
                try await tasks.waitForAll()
            }
        } catch let failure as ClickHouseFailure {
            throw StoreError(failure)
        } catch {
            throw StoreError(.closed, "\(place) was not waited for")
        }
    }

    /// Once in a shard: replicas pass it on. All of them are waited for.
    private func alter(
        _ table: Table, _ change: String, _ place: String, _ shard: Topology.Shard, isReplicated: Bool
    ) async throws {
        let name = isReplicated ? ClickHouseMigration.local(table) : table.name
        // Not waited for by the statement, whatever the user's profile says: that would last as long as any statement may, and
        // the next server would be asked for the same change.
        let settings = dialect.hasMutationWait ? ["mutations_sync": "0"] : [:]
        _ = try await client.query("ALTER TABLE \(name) \(change)", place, settings: settings, hosts: shard.hosts)
        guard isReplicated else { return try await wait(name, place, host: shard.hosts[0]) }
        let last = try await lastMutation(name, place, shard)
        let spared = LastQuorum(client: client, dialect: dialect, table: table, shard: shard, mutation: last)
        let nudges = Task { if dialect.sparesLastQuorum { await spared.nudgeUntilCancelled() } }
        defer { nudges.cancel() }
        for host in shard.hosts { try await wait(name, place, host: host, for: last) }
    }

    /// The number of the latest change that a shard's replicas have been told, as they are sorted.
    private func lastMutation(_ table: String, _ place: String, _ shard: Topology.Shard) async throws -> String {
        let path = "\(shard.folder ?? "")/\(table)/mutations"
        let answer = try await client.query(
            """
            SELECT max(name) FROM system.zookeeper WHERE path = \(Dialect.text(path)) FORMAT RowBinary
            """, place, hosts: shard.hosts)
        var reader = RowBinaryReader(answer, place)
        return try reader.string()
    }

    /// - Parameter last: a change that a replica may not have heard of yet.
    private func wait(_ table: String, _ place: String, host: Int, for last: String = "") async throws {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let answer = try await client.query(
                """
                SELECT toInt64(countIf(NOT is_done)), max(mutation_id) FROM system.mutations
                WHERE database = \(Dialect.text(client.address.database)) AND table = \(Dialect.text(table))
                FORMAT RowBinary
                """, place, host: host)
            var reader = RowBinaryReader(answer, place)
            let underWay = try reader.integer(Int64.self)
            let heard = try reader.string()
            if underWay == 0, heard >= last { return }
            try await Task.sleep(for: Self.pause)
        }
        throw ClickHouseFailure(reason: .timedOut, place: place)
    }
}
