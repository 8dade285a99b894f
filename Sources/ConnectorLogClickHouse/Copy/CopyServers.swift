import ConnectorLogCore

/// The servers of a store for who copies: what takes long there may take long here.
struct CopyServers: Sendable {
    private static let limits = ClickHouseClient.Limits(query: .seconds(900), insert: .seconds(120))

    let cluster: Cluster
    let dialect: Dialect

    var client: ClickHouseClient { cluster.client }

    init(_ address: ClickHouseAddress) async throws(StoreError) {
        guard address.hosts.count == 1 || address.cluster != nil else {
            throw StoreError(.failed, "an address of several servers of ClickHouse has to name their cluster")
        }
        let client = ClickHouseClient(address, limits: Self.limits)
        do throws(ClickHouseFailure) {
            let dialect = try await client.dialect()
            let cluster = try await Cluster.begin(client)
            _ = try await cluster.whole()
            for table in Tables.all {
                let columns = table.columns.map(\.name).joined(separator: ", ")
                _ = try await client.query("SELECT \(columns) FROM \(table.name) LIMIT 0", "its table \(table.name)")
            }
            (self.cluster, self.dialect) = (cluster, dialect)
        } catch {
            await client.close()
            throw StoreError(error)
        }
    }

    func rows<Row>(
        _ sql: String, _ place: String, settings: [String: String] = [:],
        _ row: (inout RowBinaryReader) throws(ClickHouseFailure) -> Row
    ) async throws(ClickHouseFailure) -> [Row] {
        var reader = RowBinaryReader(
            try await cluster.read(sql + " FORMAT RowBinary", place, settings: settings), place)
        return try reader.rows(row)
    }
}
