import ConnectorLogCore
import NIOCore
import Synchronization

/// The servers of an address: one, or those of a cluster. Those that were away at the start are asked again until all have
/// answered.
final class Cluster: Sendable {
    /// Between two times that servers are asked which did not answer.
    private static let pause = Duration.seconds(5)

    private struct State {
        var replicas: [Int: Topology.Replica] = [:]
        var topology: Topology
        var askedAt = ContinuousClock.now
        var isAsking = false
    }

    let client: ClickHouseClient
    private let state: Mutex<State>
    /// Nil without a cluster.
    private let shardCount: Int?

    /// Opens the tables that are there.
    static func open(
        _ address: ClickHouseAddress, limits: ClickHouseClient.Limits = .init()
    ) async throws(StoreError) -> (cluster: Cluster, dialect: Dialect) {
        guard address.hosts.count == 1 || address.cluster != nil else {
            throw StoreError(.failed, "an address of several servers of ClickHouse has to name their cluster")
        }
        let client = ClickHouseClient(address, limits: limits)
        do throws(ClickHouseFailure) {
            let dialect = try await client.dialect()
            let cluster = try await begin(client)
            for table in Tables.all {
                let columns = table.columns.map(\.name).joined(separator: ", ")
                // Of one server: a shard may be away.
                let name = address.cluster == nil ? table.name : ClickHouseMigration.local(table)
                _ = try await client.query("SELECT \(columns) FROM \(name) LIMIT 0", "its table \(table.name)")
            }
            return (cluster, dialect)
        } catch {
            await client.close()
            throw StoreError(error)
        }
    }

    /// Asks all servers; those that cannot be reached are asked later, as long as one answers.
    static func begin(_ client: ClickHouseClient) async throws(ClickHouseFailure) -> Cluster {
        guard client.address.cluster != nil else { return Cluster(client, shardCount: nil) }
        let cluster = Cluster(client, shardCount: try await Topology.shardCount(client))
        try await cluster.ask()
        if cluster.isComplete { _ = try await cluster.whole() }
        return cluster
    }

    private init(_ client: ClickHouseClient, shardCount: Int?) {
        (self.client, self.shardCount) = (client, shardCount)
        let topology =
            shardCount == nil ? Topology.unreplicated(hosts: client.allHosts) : Topology(replicas: [:])
        state = Mutex(State(topology: topology))
    }

    private var isComplete: Bool {
        shardCount == nil || state.withLock { $0.replicas.count == client.allHosts.count }
    }

    private func ask() async throws(ClickHouseFailure) {
        var failure = ClickHouseFailure(reason: .unreachable, place: "the cluster")
        for host in client.allHosts where state.withLock({ $0.replicas[host] == nil }) {
            do throws(ClickHouseFailure) {
                let replica = try await Topology.Replica.read(client, host: host)
                state.withLock { state in
                    state.replicas[host] = replica
                    state.topology = Topology(replicas: state.replicas)
                }
            } catch {
                guard error.mayTryAnother else { throw error }
                failure = error
            }
        }
        if state.withLock({ $0.replicas.isEmpty }) { throw failure }
    }

    /// Asks a question about rows of all shards, of which none that was acknowledged is missing.
    /// - Parameter place: what it is about, for errors.
    func read(
        _ sql: String, _ place: String, settings: [String: String] = [:]
    ) async throws(ClickHouseFailure) -> ByteBuffer {
        // An answer never lacks a shard without saying so, whatever the user's profile says.
        var settings = settings
        settings["skip_unavailable_shards"] = "0"
        if state.withLock(\.topology.mayLag) { settings["select_sequential_consistency"] = "1" }
        return try await client.query(sql, place, settings: settings)
    }

    /// As `read`, row by row.
    func rows<Row>(
        _ sql: String, _ place: String, settings: [String: String] = [:],
        _ row: (inout RowBinaryReader) throws(ClickHouseFailure) -> Row
    ) async throws(ClickHouseFailure) -> [Row] {
        var reader = RowBinaryReader(try await read(sql + " FORMAT RowBinary", place, settings: settings), place)
        return try reader.rows(row)
    }

    /// As far as it is known. Nobody waits here for a server that is away.
    func topology() -> Topology {
        if !isComplete {
            let isTime = state.withLock { state in
                guard !state.isAsking, .now - state.askedAt >= Self.pause else { return false }
                state.isAsking = true
                return true
            }
            if isTime {
                Task {
                    try? await ask()
                    state.withLock { ($0.isAsking, $0.askedAt) = (false, .now) }
                }
            }
        }
        return state.withLock(\.topology)
    }

    /// With all servers of the cluster, for what concerns each row.
    func whole() async throws(ClickHouseFailure) -> Topology {
        let topology = topology()
        guard let shardCount else { return topology }
        guard isComplete else { throw ClickHouseFailure(reason: .unreachable, place: "all servers of the cluster") }
        // Rows of one that is not named would be neither written with a quorum nor erased.
        guard topology.shards.count == shardCount, topology.shards.allSatisfy(\.isWhole) else {
            throw ClickHouseFailure(reason: .otherServers, place: "the cluster")
        }
        return topology
    }
}
