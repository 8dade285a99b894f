import Foundation

/// Two shards of two replicas of ClickHouse with a ZooKeeper, for tests.
package final class TestClickHouseCluster: Sendable {
    package static let name = "pair"
    private static let shards = 2
    private static let replicas = 2

    private let keeper: TestZooKeeper
    private let servers: [TestClickHouse]

    private static let started = Task { try await TestClickHouseCluster() }

    /// One for all tests of a process.
    package static func shared() async throws -> TestClickHouseCluster { try await started.value }

    /// Where they take HTTP: those of one shard behind each other.
    package var httpPorts: [Int] { servers.map(\.httpPort) }

    private init() async throws {
        keeper = try await TestZooKeeper()
        let ports = try TestClickHouse.Ports.take(servers: Self.shards * Self.replicas)
        var servers: [TestClickHouse] = []
        for (number, own) in ports.enumerated() {
            let more = Self.configuration(number, ports, keeper: keeper.port)
            servers.append(try await TestClickHouse(own, more: more))
        }
        self.servers = servers
    }

    private static func configuration(_ number: Int, _ all: [TestClickHouse.Ports], keeper: Int) -> String {
        let shards = (0..<shards).map { shard in
            let replicas = all[shard * replicas..<(shard + 1) * replicas].map {
                "<replica><host>127.0.0.1</host><port>\($0.native)</port></replica>"
            }
            return "<shard><internal_replication>true</internal_replication>\(replicas.joined())</shard>"
        }
        return """
            <zookeeper>
                <node><host>127.0.0.1</host><port>\(keeper)</port></node><session_timeout_ms>4000</session_timeout_ms>
            </zookeeper>
            <macros><shard>\(number / replicas)</shard><replica>\(number % replicas)</replica></macros>
            <remote_servers><\(name)>\(shards.joined())</\(name)></remote_servers>
            <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
            """
    }
}

extension TestClickHouseCluster {
    /// As that of `TestClickHouse`.
    package static let isWanted =
        ProcessInfo.processInfo.environment["CI"] == "true" || TestClickHouse.program != nil && TestZooKeeper.isThere
}
