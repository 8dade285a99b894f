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
            SETTINGS index_granularity = 8192
            """
    }
}

extension ClickHouseMigration {
    /// Asks the servers for their version, and writes the statements for the oldest.
    package init(_ address: ClickHouseAddress) async throws(StoreError) {
        let client = ClickHouseClient(address, database: nil)
        do {
            self.init(
                dialect: try await client.dialect(), database: address.database, cluster: address.cluster)
        } catch {
            await client.close()
            throw StoreError(error)
        }
        await client.close()
    }

    package func run(on address: ClickHouseAddress) async throws(StoreError) {
        let client = ClickHouseClient(address, database: nil)
        do {
            for statement in statements { _ = try await client.query(statement, "a migration") }
        } catch {
            await client.close()
            throw StoreError(error)
        }
        await client.close()
    }
}
