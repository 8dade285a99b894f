import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogServer
import NIOCore
import NIOPosix

/// Lets the sample connectors call the sample vendor's API, and records the calls as any connector does: by
/// `POST /v1/ingest`, with a recorder's key made for it.
struct SampleRun: Sendable {
    static let team: Int64 = 1
    /// How long an ordinary call waits: far longer than any answer takes, on the slowest machine too.
    private static let timeout: Duration = .seconds(30)

    let reader: any LogReader
    let catalog: any Catalog
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    /// How long a sample connector waits for the answer that never comes.
    let shortTimeout: Duration

    /// Records the flows that the store does not have yet. One request a flow, so that a flow is stored whole or not at all,
    /// and a start that was cut short goes on where it stopped.
    func record(at url: String) async throws {
        var missing: [SampleFlow] = []
        for flow in SampleFlow.all where try await reader.state(team: Self.team, id: flow.stateID) == nil {
            missing.append(flow)
        }
        guard !missing.isEmpty else { return }
        let key = IssuedKey.make(
            name: "sample connectors", role: .recorder, teamID: Self.team, expiresAt: nil, at: now(),
            randomBytes: ServerDependencies.systemRandomBytes)
        try await catalog.createKey(key.record, hash: key.hash)
        let result: Result<Void, any Error>
        do {
            try await record(missing, at: url, key: key.text)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // It has served its purpose; nobody else knows it.
        _ = try await catalog.revokeKey(team: Self.team, id: key.record.id)
        try result.get()
    }

    /// The Connector Log page of the run that failed.
    func failedPage(at url: String) -> String {
        url + "/teams/\(Self.team)/states/\(SampleFlow.failed.stateID)/log"
    }

    private func record(_ flows: [SampleFlow], at url: String, key: String) async throws {
        let deadPort = try await Self.deadPort()
        let lines = try await SampleVendorAPI(clock: clock).run { vendorPort in
            try await NetworkTransport.run(timeout: Self.timeout) { transport in
                let connector = SampleConnector(
                    transport: transport, shortTimeout: shortTimeout, clock: clock, now: now, vendorPort: vendorPort,
                    deadPort: deadPort)
                var lines: [(flow: SampleFlow, lines: [JSONValue])] = []
                for flow in flows { lines.append((flow, await connector.run(flow, team: Self.team))) }
                return lines
            }
        }
        try await NetworkTransport.run(timeout: Self.timeout) { transport in
            let client = APIClient(baseURL: url, key: key, transport: transport)
            for (flow, lines) in lines {
                let bytes = lines.flatMap { JSONWriter.bytes(of: $0) + [UInt8(ascii: "\n")] }
                let receipt = try await client.ingest(
                    bytes, as: UploadFormat(), idempotencyKey: "sample-" + flow.stateID)
                guard receipt.rejected.isEmpty else {
                    throw CommandFailure(
                        .internalError, "the server rejected lines of the sample: \(receipt.rejected[0].message)")
                }
            }
        }
    }

    /// A port of loopback at which nobody listens: the system gave it out a moment ago and took it back.
    private static func deadPort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port
        try await channel.close()
        return port ?? 1
    }
}
