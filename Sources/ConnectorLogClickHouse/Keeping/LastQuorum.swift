import ConnectorLogCore

/// Old versions leave the part of each partition alone that was last written with a quorum, so that a change would wait for the
/// next insert, which may never come. An insert of one row into each such partition, of a team that there is not, makes the
/// part another than the last.
struct LastQuorum: Sendable {
    /// That a row is such a one. Teams have numbers from one.
    static let isNudge = "team_id = 0"

    /// Until the change is looked at again. Replicas look at theirs after each insert, and every five seconds.
    private static let pause = Duration.milliseconds(400)
    /// Until a day is nudged again whose parts are still left.
    private static let patience = Duration.seconds(5)

    let client: ClickHouseClient
    let dialect: Dialect
    let table: Table
    let shard: Topology.Shard
    /// Of the change.
    let mutation: String

    /// What fails is tried again.
    func nudgeUntilCancelled() async {
        var nudged: [Int64: ContinuousClock.Instant] = [:]
        while !Task.isCancelled {
            for day in (try? await daysWithPartsLeft()) ?? [] {
                if let last = nudged[day], .now - last < Self.patience { continue }
                guard (try? await nudge(day)) != nil else { continue }
                nudged[day] = .now
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func daysWithPartsLeft() async throws(ClickHouseFailure) -> [Int64] {
        let place = "parts that a change has left"
        let isOfTable = """
            database = \(Dialect.text(client.address.database))
            AND table = \(Dialect.text(ClickHouseMigration.local(table)))
            """
        let answer = try await client.query(
            """
            SELECT DISTINCT toInt64(partition) FROM system.parts ANY INNER JOIN (
                SELECT partition_id, number FROM system.mutations
                ARRAY JOIN block_numbers.partition_id AS partition_id, block_numbers.number AS number
                WHERE \(isOfTable) AND mutation_id = \(Dialect.text(mutation))
            ) USING partition_id WHERE \(isOfTable) AND active AND data_version < number FORMAT RowBinary
            """, place, hosts: shard.hosts)
        var reader = RowBinaryReader(answer, place)
        return try reader.rows { row throws(ClickHouseFailure) in try row.integer() }
    }

    private func nudge(_ day: Int64) async throws(ClickHouseFailure) {
        // One that is the same as another would be passed over.
        let id = EntryID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        _ = try await client.query(
            """
            INSERT INTO \(ClickHouseMigration.local(table)) (team_id, \(table.time), id)
            VALUES (0, \(day * Dialect.day), \(Dialect.id(id)))
            """, "a nudge to a change",
            settings: ["insert_quorum": "\(shard.quorum)", "insert_quorum_timeout": "5000"], hosts: shard.hosts)
    }
}
