import ConnectorLogCore

/// The servers of a store for who copies: what takes long there may take long here, and all have to be there.
struct CopyServers: Sendable {
    private static let limits = ClickHouseClient.Limits(query: .seconds(900), insert: .seconds(120))

    let cluster: Cluster
    let dialect: Dialect

    init(_ address: ClickHouseAddress) async throws(StoreError) {
        (cluster, dialect) = try await Cluster.open(address, limits: Self.limits)
        do throws(ClickHouseFailure) {
            _ = try await cluster.whole()
        } catch {
            await cluster.client.close()
            throw StoreError(error)
        }
    }
}
