import ConnectorLogCore
import ConnectorLogTesting

@testable import ConnectorLogBlockStore

/// Everything that a store answers, as text that does not hang on how types are written today.
enum StoreContents {
    static let teams: ClosedRange<Int64> = 1...3

    /// Entries of every kind, in blocks as committed and merged ones; faults, states, teams, keys, connectors.
    static func fill(_ store: BlockStore, clock: ManualClock) async throws {
        let now = clock.now
        for team in teams { _ = try await store.createTeam(name: "Team \(team)", id: team, at: now) }
        _ = try await store.deleteTeam(id: 3)
        try await store.createKey(Fixtures.key("key1", team: 1, at: now), hash: Fixtures.digest(1))
        try await store.createConnector(Fixtures.connector("made", team: 2, at: now, json: #"{"a":1}"#), logo: nil)
        var generator = SampleGenerator(seed: 3, start: now)
        for number in 0..<6 {
            let entries = (0..<40).map { _ in generator.entry(team: Int64(number % 2 + 1)) }
            let more = Fixtures.entries(
                20, from: now.advanced(bySeconds: Int64(8000 + number)), teams: 2, seed: UInt64(number))
            let fault = Fixtures.fault(team: 1, at: now.advanced(bySeconds: Int64(number)), state: "state-1")
            let change = Fixtures.change(
                team: 2, state: "state-2", at: now.advanced(bySeconds: Int64(number)), status: .done,
                flow: "flow-\(number)")
            _ = try await store.append(
                Fixtures.batch(entries + more, faults: [fault], states: [change]), idempotency: nil)
            if number == 3 {
                while try await store.maintenance.compactor.step(isQuiet: true) {}
            }
        }
    }

    static func text(of store: BlockStore) async throws -> String {
        var lines: [String] = []
        for team in try await store.teams() { lines.append("team \(team.id) \(team.name) \(team.createdAt)") }
        lines.append("key \(store.key(hash: Fixtures.digest(1))?.id ?? "none")")
        for team in teams {
            for connector in try await store.connectors(team: team) {
                lines.append(
                    "connector \(team) \(connector.identifier) \(connector.name) \(connector.configuration.json)")
            }
            for row in try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows {
                let entry = try await store.entry(team: team, id: row.id)
                lines.append(entry.map { self.line($0) } ?? "entry \(row.id) is missing")
            }
            for fault in try await store.faults(FaultQuery(teamID: team, limit: 1000)).rows {
                lines.append("fault \(team) \(fault.id) \(fault.occurredAt) \(fault.name) \(fault.stateID ?? "-")")
            }
            for flow in try await store.flows(FlowQuery(teamID: team, limit: 1000)).rows {
                for state in try await store.states(StateQuery(teamID: team, flowID: flow.flowID, limit: 1000)).rows {
                    lines.append(
                        "state \(team) \(flow.flowID) \(state.stateID) \(state.status) \(state.calls) \(state.failedCalls) "
                            + "\(state.faults) \(state.createdAt) \(state.lastActionAt)")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ entry: LogEntry) -> String {
        let summary = entry.summary
        let fields: [(String, String?)] = [
            ("id", "\(summary.id)"), ("team", "\(summary.teamID)"), ("time", "\(summary.logTime)"),
            ("connector", summary.connectorIdentifier), ("event", summary.event), ("method", summary.method),
            ("uri", summary.uri), ("status", summary.status.map { "\($0)" }), ("outcome", "\(summary.outcome)"),
            ("duration", summary.durationMicroseconds.map { "\($0)" }), ("request_id", summary.requestID),
            ("flow", summary.flowID), ("flow_name", summary.flowName), ("flow_version", summary.flowVersion),
            ("state", summary.stateID), ("trace", summary.traceID), ("span", summary.spanID),
            ("error", summary.errorName), ("error_message", summary.errorMessage),
            ("request_headers", headers(entry.requestHeaders)), ("response_headers", headers(entry.responseHeaders)),
            ("request_body", body(entry.requestBody)), ("response_body", body(entry.responseBody)),
            ("attributes", entry.attributesJSON),
            ("receipt", entry.receipt.map { "\($0.rule.rawValue) \($0.field) \($0.count)" }.joined(separator: "; ")),
        ]
        return "entry " + fields.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: " | ")
    }

    private static func headers(_ fields: [HeaderField]) -> String {
        fields.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }

    private static func body(_ body: Body?) -> String? {
        body.map { body in
            let hex = body.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return "\(hex) \(body.originalSize) \(body.isBinary) \(body.isTruncated)"
        }
    }

    /// The content size that a zstd frame of the database's length declares (RFC 8878, section 3.1.1.1).
    static func size(ofFrame frame: [UInt8]) -> Int? {
        guard frame.count > 14 else { return nil }
        let hasOneSegment = frame[4] >> 5 & 1 == 1
        let start = 5 + (hasOneSegment ? 0 : 1)
        func number(_ width: Int) -> Int { (0..<width).reduce(0) { $0 | Int(frame[start + $1]) << ($1 * 8) } }
        switch frame[4] >> 6 {
        case 1: return number(2) + 256
        case 2: return number(4)
        case 3: return number(8)
        default: return hasOneSegment ? number(1) : nil
        }
    }
}
