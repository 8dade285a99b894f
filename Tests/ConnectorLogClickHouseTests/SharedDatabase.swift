import ConnectorLogTesting
import Foundation
import Synchronization
import Testing

@testable import ConnectorLogClickHouse

/// An empty database of a real ClickHouse, with its tables.
struct SharedDatabase: Sendable {
    enum Kind: Hashable, Sendable, CaseIterable {
        /// One server of the oldest version that is spoken to.
        case server
        /// One as they are today.
        case today
        /// Two shards of two replicas, of the oldest version.
        case cluster

        var isWanted: Bool {
            guard TestPostgres.isWanted else { return false }
            return switch self {
            case .server: TestClickHouse.isWanted
            case .today: TestChdb.isWanted
            case .cluster: TestClickHouseCluster.isWanted
            }
        }
    }

    let kind: Kind
    let address: ClickHouseAddress

    /// Those of the cluster are used again: it takes long to make their tables.
    private static let spare = Mutex<[SharedDatabase]>([])

    static func take(_ kind: Kind) async throws -> SharedDatabase {
        if kind == .cluster, let spare = spare.withLock({ $0.popLast() }) { return spare }
        let name = "test_" + UUID().uuidString.replacing("-", with: "_").lowercased()
        let text =
            switch kind {
            case .server: "clickhouse://127.0.0.1:\(try await TestClickHouse.shared().httpPort)/\(name)"
            case .today: "clickhouse://127.0.0.1:\(try await TestChdb.shared().httpPort)/\(name)"
            case .cluster: try await clusterAddress(name)
            }
        let address = try ClickHouseAddress(text)
        try await ClickHouseMigration(address).run(on: address)
        return SharedDatabase(kind: kind, address: address)
    }

    private static func clusterAddress(_ name: String) async throws -> String {
        let hosts = try await TestClickHouseCluster.shared().httpPorts.map { "127.0.0.1:\($0)" }
        return "clickhouse://\(hosts.joined(separator: ","))/\(name)?cluster=\(TestClickHouseCluster.name)"
    }

    func giveBack() async throws {
        let client = ClickHouseClient(address)
        let result: Result<Void, any Error>
        do { result = .success(try await empty(client)) } catch { result = .failure(error) }
        await client.close()
        try result.get()
        if kind == .cluster { Self.spare.withLock { $0.append(self) } }
    }

    private func empty(_ client: ClickHouseClient) async throws {
        guard kind == .cluster else {
            _ = try await client.query("DROP DATABASE \(address.database)", "the end of a test")
            return
        }
        let topology = try await Cluster.begin(client).whole()
        for table in Tables.all {
            let name = ClickHouseMigration.local(table)
            for shard in topology.shards {
                _ = try await client.query("TRUNCATE TABLE \(name)", "the end of a test", hosts: shard.hosts)
            }
            for host in client.allHosts {
                for _ in 0..<100 where try await count(name, client, host) > 0 {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await count(name, client, host) == 0)
            }
        }
    }

    private func count(_ table: String, _ client: ClickHouseClient, _ host: Int) async throws -> Int64 {
        let answer = try await client.query(
            "SELECT toInt64(count()) FROM \(table) FORMAT RowBinary", "the end of a test", host: host)
        var reader = RowBinaryReader(answer, "the end of a test")
        return try reader.integer()
    }
}
