import ConnectorLogCore

/// Which of an address's servers hold the same rows.
struct Topology: Hashable, Sendable {
    /// Numbers of servers, those of one shard together.
    var shards: [[Int]]
    /// The servers of a shard copy each other's rows.
    var isReplicated: Bool

    static func read(_ client: ClickHouseClient) async throws(ClickHouseFailure) -> Topology {
        guard client.address.cluster != nil else {
            return Topology(shards: [client.allHosts], isReplicated: false)
        }
        var shards: [String: [Int]] = [:]
        var failure = ClickHouseFailure(reason: .unreachable, place: "the macros of its servers")
        for host in client.allHosts {
            do throws(ClickHouseFailure) {
                let answer = try await client.query(
                    "SELECT substitution FROM system.macros WHERE macro = 'shard' FORMAT RowBinary",
                    "the macros of its servers", host: host)
                var row = RowBinaryReader(answer, "the macros of its servers")
                shards[try row.string(), default: []].append(host)
            } catch {
                failure = error
                guard error.mayTryAnother else { throw error }
            }
        }
        if shards.isEmpty { throw failure }
        return Topology(
            shards: shards.sorted { $0.key < $1.key }.map(\.value), isReplicated: true)
    }
}
