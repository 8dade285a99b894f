import ConnectorLogCore

/// Changes rows that are there already: ClickHouse writes the parts anew that have some of them.
struct Mutations: Sendable {
    /// Until it is asked again whether a change is made.
    private static let pause = Duration.milliseconds(50)

    let client: ClickHouseClient
    let dialect: Dialect
    let topology: Topology
    /// How long a change is waited for. It goes on behind that; who asks for it again waits again.
    var patience = Duration.seconds(600)

    /// Returns when the rows are gone.
    func delete(from table: Table, where conditions: String) async throws(StoreError) {
        try await alter(table, "DELETE WHERE \(conditions)")
    }

    /// Returns when the rows are changed.
    func update(_ table: Table, _ changes: String, where conditions: String) async throws(StoreError) {
        try await alter(table, "UPDATE \(changes) WHERE \(conditions)")
    }

    func count(in table: Table, where conditions: String) async throws(StoreError) -> Int {
        do {
            let place = "a count of \(table.name)"
            var reader = RowBinaryReader(
                try await client.query(
                    "SELECT toInt64(count()) FROM \(table.name) WHERE \(conditions) FORMAT RowBinary", place), place)
            return Int(try reader.integer(Int64.self))
        } catch {
            throw StoreError(error)
        }
    }

    /// Once in each shard: replicas pass it on.
    private func alter(_ table: Table, _ change: String) async throws(StoreError) {
        let name = topology.isReplicated ? ClickHouseMigration.local(table) : table.name
        let place = "a change of \(table.name)"
        do {
            for shard in topology.shards {
                // Not waited for by the statement, whatever the user's profile says: that would last as long as any statement
                // may, and the next server would be asked for the same change.
                let settings = dialect.hasMutationWait ? ["mutations_sync": "0"] : [:]
                _ = try await client.query("ALTER TABLE \(name) \(change)", place, settings: settings, hosts: shard)
                for host in topology.isReplicated ? shard : [shard[0]] { try await wait(name, place, host: host) }
            }
        } catch let error as ClickHouseFailure {
            throw StoreError(error)
        } catch {
            throw StoreError(.closed, "\(place) was not waited for")
        }
    }

    private func wait(_ table: String, _ place: String, host: Int) async throws {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let answer = try await client.query(
                """
                SELECT toInt64(count()) FROM system.mutations
                WHERE database = \(Dialect.text(client.address.database)) AND table = \(Dialect.text(table)) AND NOT is_done
                FORMAT RowBinary
                """, place, host: host)
            var reader = RowBinaryReader(answer, place)
            if try reader.integer(Int64.self) == 0 { return }
            try await Task.sleep(for: Self.pause)
        }
        throw ClickHouseFailure(reason: .timedOut, place: place)
    }
}
