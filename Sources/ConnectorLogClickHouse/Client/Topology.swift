import ConnectorLogCore

/// Which of an address's servers hold the same rows.
struct Topology: Hashable, Sendable {
    struct Shard: Hashable, Sendable {
        /// What its replicas have in common in the keeper; nil without replicas.
        var folder: String?
        /// Numbers of servers of the address.
        var hosts: [Int]
        /// How many there are: more than `hosts` while some have not been heard of.
        var replicas: Int

        /// Of those that have been heard; one that is named twice has one.
        var names: Set<String> = []

        /// Each replica has been heard, and none twice.
        var isWhole: Bool { hosts.count == replicas && names.count == replicas }

        /// So many have a row before it is acknowledged.
        var quorum: Int { replicas / 2 + 1 }
    }

    /// Those of which a server has been heard.
    var shards: [Shard]
    /// The servers of a shard copy each other's rows.
    var isReplicated: Bool

    /// Some replica may lack rows that were acknowledged.
    var mayLag: Bool { shards.contains { $0.quorum < $0.replicas } }

    static func unreplicated(hosts: [Int]) -> Topology {
        Topology(
            shards: [Shard(hosts: hosts, replicas: hosts.count, names: Set(hosts.map(String.init)))],
            isReplicated: false)
    }

    /// Of replicas: those of a shard have their folder in the keeper in common.
    init(replicas: [Int: Replica]) {
        var shards: [String: Shard] = [:]
        for (host, replica) in replicas.sorted(by: { $0.key < $1.key }) {
            var shard = shards[replica.folder] ?? Shard(folder: replica.folder, hosts: [], replicas: 0)
            shard.hosts.append(host)
            shard.names.insert(replica.name)
            shard.replicas = max(shard.replicas, replica.count)
            shards[replica.folder] = shard
        }
        self.init(shards: shards.sorted { $0.key < $1.key }.map(\.value), isReplicated: true)
    }

    private init(shards: [Shard], isReplicated: Bool) {
        (self.shards, self.isReplicated) = (shards, isReplicated)
    }
}

extension Topology {
    /// What a server of a cluster says of its tables.
    struct Replica: Hashable, Sendable {
        /// In the keeper, of all of its tables.
        var folder: String
        /// Within its shard.
        var name: String
        /// Of its shard.
        var count: Int

        static func read(_ client: ClickHouseClient, host: Int) async throws(ClickHouseFailure) -> Replica {
            let place = "the place of a server in its cluster"
            let answer = try await client.query(
                """
                SELECT zookeeper_path, replica_name, toInt64(total_replicas) FROM system.replicas
                WHERE database = \(Dialect.text(client.address.database))
                AND table = \(Dialect.text(ClickHouseMigration.local(Tables.entries))) FORMAT RowBinary
                """, place, host: host)
            var reader = RowBinaryReader(answer, place)
            let found = try reader.rows { row throws(ClickHouseFailure) in
                let folder = try row.string().split(separator: "/").dropLast().map { "/\($0)" }.joined()
                return Replica(
                    folder: folder, name: try row.string(), count: Int(try row.integer(Int64.self)))
            }
            guard let replica = found.first else { throw ClickHouseFailure(reason: .noTable, place: place) }
            return replica
        }
    }

    /// How many shards the servers' configuration has.
    static func shardCount(_ client: ClickHouseClient) async throws(ClickHouseFailure) -> Int {
        let place = "the cluster"
        let answer = try await client.query(
            """
            SELECT toInt64(uniqExact(shard_num)) FROM system.clusters
            WHERE cluster = \(Dialect.text(client.address.cluster ?? "")) FORMAT RowBinary
            """, place)
        var row = RowBinaryReader(answer, place)
        return Int(try row.integer(Int64.self))
    }
}
