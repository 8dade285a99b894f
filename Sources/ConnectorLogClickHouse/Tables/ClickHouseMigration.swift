package import ConnectorLogCore

/// The statements that bring ClickHouse from nothing, or from an earlier version of this program, to what this one needs. Each
/// may be given again, and none removes anything.
package struct ClickHouseMigration: Sendable {
    let dialect: Dialect
    let database: String
    let cluster: String?

    /// In their order.
    package var statements: [String] {
        ["CREATE DATABASE IF NOT EXISTS \(database)\(onCluster)"] + Tables.all.flatMap(statements)
    }

    private var onCluster: String { cluster.map { " ON CLUSTER \($0)" } ?? "" }

    private func statements(for table: Table) -> [String] {
        guard let cluster else { return [create(table, as: table.name, engine: "MergeTree")] }
        let local = Self.local(table)
        // Each shard has a path of its own in the keeper, each replica its name there.
        let path = "/clickhouse/tables/{shard}/\(database)/\(local)"
        return [
            create(table, as: local, engine: "ReplicatedMergeTree('\(path)', '{replica}')"),
            """
            CREATE TABLE IF NOT EXISTS \(database).\(table.name)\(onCluster) AS \(database).\(local)
            ENGINE = Distributed(\(cluster), \(database), \(local), rand())
            """,
        ]
    }

    /// On a cluster, the table of one server; the name itself stands for those of all.
    static func local(_ table: Table) -> String { table.name + "_local" }

    private func create(_ table: Table, as name: String, engine: String) -> String {
        var lines = table.columns.map { column in
            "    \(column.name) \(table.type(column, dialect))\(dialect.codec(column.codec))"
        }
        if dialect.hasSkippingIndices {
            lines += table.skippingIndices.map { "    INDEX \($0.name) \($0.expression) TYPE \($0.type)" }
        }
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(name)\(onCluster)
            (
            \(lines.joined(separator: ",\n"))
            )
            ENGINE = \(engine)
            PARTITION BY \(dialect.day(table.time))
            ORDER BY (\(table.order.joined(separator: ", ")))
            SETTINGS index_granularity = \(table.granularity)
            """
    }
}

extension ClickHouseMigration {
    /// Asks the servers for their version, and writes the statements for the oldest.
    package init(_ address: ClickHouseAddress) async throws(StoreError) {
        let dialect = try await Self.withClient(address) { client throws(ClickHouseFailure) in
            try await client.dialect()
        }
        self.init(dialect: dialect, database: address.database, cluster: address.cluster)
    }

    package func run(on address: ClickHouseAddress) async throws(StoreError) {
        try await Self.withClient(address) { client throws(ClickHouseFailure) in
            for statement in statements { _ = try await client.query(statement, "a migration") }
        }
    }

    /// With a client that names no database: it may have to be made first.
    private static func withClient<Value>(
        _ address: ClickHouseAddress, _ body: (ClickHouseClient) async throws(ClickHouseFailure) -> Value
    ) async throws(StoreError) -> Value {
        let client = ClickHouseClient(address, database: nil)
        let result: Result<Value, ClickHouseFailure>
        do throws(ClickHouseFailure) {
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.close()
        do throws(ClickHouseFailure) { return try result.get() } catch { throw StoreError(error) }
    }
}
