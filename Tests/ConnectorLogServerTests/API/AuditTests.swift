import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Testing

/// Every change by the API is written down once, and nothing else is.
@Suite struct AuditTests {
    /// A request that succeeds on a server as `prepare` leaves it, and what the audit says of it.
    private struct Change {
        var body: String?
        var type = "application/json"
        var parameters: [String: String] = [:]
        var target: String?
    }

    private static let changes: [Route: Change] = [
        .createTeam: Change(body: #"{"name":"New","id":77}"#, target: "77"),
        .updateTeam: Change(body: #"{"name":"Renamed"}"#, target: "Renamed"),
        .deleteTeam: Change(target: "1"), .setRetention: Change(body: #"{"entries_days":9,"details_days":null}"#),
        .resetRetention: Change(), .setRedaction: Change(body: "{}"),
        .createTeamSecret: Change(body: #"{"secret_name":"s","secret_value":"made-up-value-9"}"#, target: "sec_"),
        .updateTeamSecret: Change(
            body: #"{"secret_value":"made-up-value-8"}"#, parameters: ["secret_placeholder": "team"], target: "sec_"),
        .deleteTeamSecret: Change(parameters: ["secret_placeholder": "team"], target: "sec_"),
        .eraseEntry: Change(
            parameters: ["log_id": "00000000-0000-7000-8000-000000000000"],
            target: "00000000-0000-7000-8000-000000000000"),
        .eraseState: Change(parameters: ["state_id": "run 7"], target: "run 7"),
        .eraseConnectorLog: Change(parameters: ["connector_identifier": "crm"], target: "crm"),
        .createKey: Change(body: #"{"name":"k","role":"viewer"}"#, target: "key_"),
        .revokeKey: Change(parameters: ["key_id": "spare"], target: "spare"),
        .createConnector: Change(body: "title=New", type: "application/x-www-form-urlencoded", target: ""),
        .updateConnector: Change(
            body: #"{"connector":{"name":"Renamed","description":null}}"#, parameters: ["connector_identifier": "crm"],
            target: "crm"),
        .deleteConnector: Change(parameters: ["connector_identifier": "crm"], target: "crm"),
        .createConnectorSecret: Change(
            body: #"{"secret_name":"s","secret_value":"made-up-value-7"}"#, parameters: ["connector_identifier": "crm"],
            target: "crm/sec_"),
        .updateConnectorSecret: Change(
            body: #"{"secret_value":"made-up-value-6"}"#,
            parameters: ["connector_identifier": "crm", "secret_placeholder": "crm"], target: "crm/sec_"),
        .deleteConnectorSecret: Change(
            parameters: ["connector_identifier": "crm", "secret_placeholder": "crm"], target: "crm/sec_"),
    ]

    /// With a connector, a key to revoke, and a secret of each kind; answers their placeholders.
    private static func prepare(_ server: TestServer) async throws -> [String: String] {
        let now = server.clock.now
        try await server.store.createConnector(Fixtures.connector("crm", team: 1, at: now), logo: nil)
        try await server.store.createKey(Fixtures.key("spare", team: 1, at: now), hash: Fixtures.digest(99))
        var placeholders: [String: String] = [:]
        for (name, connector) in [("team", nil), ("crm", "crm")] as [(String, String?)] {
            placeholders[name] = try await server.vault.createSecret(
                name: name, value: "made-up-value-of-\(name)", ignoresCase: false, team: 1, connector: connector,
                at: now
            ).placeholder
        }
        return placeholders
    }

    @Test func knowsEveryRouteThatChanges() {
        // A logo takes a body of another kind; it goes the same way.
        #expect(Set(Self.changes.keys).union([.uploadConnectorLogo]) == Set(Route.allCases.filter(\.isAudited)))
    }

    @Test(arguments: Route.allCases.filter { $0.isAudited && $0 != .uploadConnectorLogo })
    func writesDownWhatWasChanged(route: Route) async throws {
        let change = try #require(Self.changes[route])
        let server = try await TestServer()
        let placeholders = try await Self.prepare(server)
        var parameters = change.parameters
        if let name = parameters["secret_placeholder"] { parameters["secret_placeholder"] = placeholders[name] }
        parameters["team_id"] = "1"
        let path = route.path(parameters)
        let method = try #require(HTTPRequest.Method(route.method.rawValue))
        try await server.run { caller async throws in
            // What fails is no change.
            #expect(try await caller.send(method, path).status == 403)
            let answer =
                if let body = change.body {
                    try await caller.sendJSON(method, path, key: TestServer.owner, body, type: change.type)
                } else {
                    try await caller.send(method, path, key: TestServer.owner)
                }
            #expect((200..<300).contains(answer.status), "\(answer.status) \(answer.text)")
            let isOfServer = [.createTeam, .deleteTeam].contains(route)
            let records = try await server.store.audit(team: isOfServer ? nil : 1, before: nil, limit: 10)
            let record = try #require(records.first)
            #expect(records.count == 1 && record.action == route.operationID)
            #expect(record.requestID == answer.headers[try #require(HTTPField.Name("X-Request-Id"))])
            #expect(record.target.map { $0.hasPrefix(change.target ?? "-") } ?? (change.target == nil))
            #expect(try await server.store.audit(team: isOfServer ? 1 : nil, before: nil, limit: 10).isEmpty)
        }
    }

    @Test func keepsSecretsOutOfIt() async throws {
        let server = try await TestServer()
        _ = try await Self.prepare(server)
        try await server.run { caller async throws in
            let path = "/v1/teams/1/states/made-up-value-of-team"
            #expect(try await caller.send(.delete, path, key: TestServer.owner).status == 200)
            let record = try #require(try await server.store.audit(team: 1, before: nil, limit: 1).first)
            #expect(record.target?.hasPrefix("[secret:") == true)
        }
    }

    @Test func listsItPageByPage() async throws {
        let server = try await TestServer()
        for (team, count) in [(1, 5), (nil, 2), (9, 1)] as [(Int64?, Int)] {
            for number in 1...count {
                try await server.store.note(
                    AuditRecord(
                        at: server.clock.now, teamID: team, keyID: "key_1", keyName: "K", action: "revokeKey",
                        target: "\(team ?? 0)-\(number)", requestID: "req_00000001"))
            }
        }
        try await server.run { caller async throws in
            func list(_ path: String, _ key: String) async throws -> (targets: [String], next: String?) {
                let answer = try await caller.get(path, key: key)
                #expect(answer.status == 200, "\(path)")
                let json = try #require(
                    try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
                let changes = try #require(json["changes"] as? [[String: Any]])
                return (changes.compactMap { $0["target"] as? String }, json["next_cursor"] as? String)
            }
            let admin = TestServer.key(.admin)
            let first = try await list("/v1/teams/1/audit?limit=3", admin)
            #expect(first.targets == ["1-5", "1-4", "1-3"])
            let second = try await list("/v1/teams/1/audit?limit=3&cursor=\(try #require(first.next))", admin)
            #expect(second.targets == ["1-2", "1-1"] && second.next == nil)
            #expect(try await list("/v1/teams/1/audit?limit=5", admin).next == nil)
            #expect(try await list("/v1/audit", TestServer.owner).targets == ["0-2", "0-1"])
            // Of a team that is no more.
            #expect(try await list("/v1/audit?team_id=9", TestServer.owner).targets == ["9-1"])
            for (path, key, status) in [
                ("/v1/audit", admin, 403), ("/v1/audit?team_id=0", TestServer.owner, 400),
                ("/v1/teams/1/audit?cursor=\(try #require(first.next))x", admin, 400),
                ("/v1/audit?cursor=\(try #require(first.next))", TestServer.owner, 400),
                ("/v1/teams/1/audit", TestServer.key(.editor), 403),
            ] {
                #expect(try await caller.get(path, key: key).status == status, "\(path)")
            }
        }
    }
}
