import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Who may do what")
struct AuthenticationTests {
    /// A path of `route` in team 1, where every parameter has a value that parses.
    static func path(of route: Route) -> String {
        route.path([
            "team_id": "1", "connector_identifier": "T3S70", "log_id": "019aa2c1-7e5b-7000-8000-0123456789ab",
            "fault_id": "019aa2c1-7e5b-7000-8000-0123456789ab", "flow_id": "flow", "state_id": "state",
            "key_id": "key_none", "logo_name": "none.png",
            "secret_placeholder": "sec_0a1b2c3d4", "flow_version": "1",
        ])
    }

    static let guarded = Route.allCases.filter { $0.access != .everyone }

    @Test(arguments: guarded)
    func needsAKey(_ route: Route) async throws {
        let answer = try await TestServer().run { try await $0.send(route.method.http, Self.path(of: route), key: nil) }
        #expect(answer.status == 401)
        // What clients of OTLP read instead is for `OTLPRouteTests`.
        if !Route.otlp.contains(route) { #expect(answer.errorCode == "UNAUTHORIZED") }
        #expect(answer.header("WWW-Authenticate") == #"Bearer realm="connectorlog""#)
        #expect(answer.header("X-RateLimit-Limit") != nil)
    }

    @Test(arguments: guarded, Role.allCases)
    func refusesTooWeakARole(_ route: Route, _ role: Role) async throws {
        let key = Fixtures.key("k", team: 1, role: role, at: ManualClock.defaultStart)
        let answer = try await TestServer().run {
            try await $0.send(route.method.http, Self.path(of: route), key: TestServer.key(role))
        }
        if route.access.permits(key) {
            #expect(answer.status != 401 && answer.status != 403)
        } else {
            #expect(answer.status == 403)
            if !Route.otlp.contains(route) { #expect(answer.errorCode == "FORBIDDEN") }
        }
    }

    @Test(arguments: guarded.filter(\.isOfTeam))
    func refusesAnotherTeamsKey(_ route: Route) async throws {
        let answer = try await TestServer().run {
            try await $0.send(route.method.http, Self.path(of: route), key: TestServer.otherAdmin)
        }
        #expect(answer.status == 403)
        #expect(answer.errorCode == "FORBIDDEN")
    }

    @Test(arguments: guarded)
    func letsTheOwnerDoEverything(_ route: Route) async throws {
        let answer = try await TestServer().run {
            try await $0.send(route.method.http, Self.path(of: route), key: TestServer.owner)
        }
        #expect(answer.status != 401 && answer.status != 403)
        #expect(answer.status < 500)
    }

    /// What each role may do, written down a second time: the table must not drift.
    @Test func givesEachRoleItsRights() {
        func routes(_ role: Role) -> Set<Route> {
            let key = Fixtures.key("k", team: 1, role: role, at: ManualClock.defaultStart)
            return Set(Self.guarded.filter { $0.access.permits(key) })
        }
        let reading: Set<Route> = [
            .listEntries, .getEntry, .listFlows, .listStates, .getState, .listStateEntries, .listStateFaults,
            .listFaults, .getFault, .getOutcomes, .listConnectors, .getConnector, .getConnectorLogo,
            .listConnectorLogs, .getConnectorLog, .getRetention, .getRedaction, .listServiceRequests,
            .getServiceRequest, .listServiceRequestsOfFlow, .listServiceRequestsOfVersion, .listServiceRequestsOfState,
        ]
        let editing: Set<Route> = [
            .ingest, .exportTraces, .exportLogs, .reportEvents, .reportStates, .createConnector, .updateConnector,
            .deleteConnector,
            .uploadConnectorLogo,
            .listConnectorSecrets, .createConnectorSecret, .updateConnectorSecret, .deleteConnectorSecret,
        ]
        #expect(routes(.recorder) == [.ingest, .exportTraces, .exportLogs, .reportEvents, .reportStates])
        #expect(routes(.viewer) == reading)
        #expect(routes(.editor) == reading.union(editing))
        let administering: Set<Route> = [
            .listKeys, .createKey, .revokeKey, .setRetention, .resetRetention, .eraseEntry, .eraseState,
            .eraseConnectorLog, .listErasures, .listAudit, .setRedaction, .tryRedaction, .listTeamSecrets,
            .createTeamSecret, .updateTeamSecret, .deleteTeamSecret,
        ]
        #expect(routes(.admin) == reading.union(editing).union(administering))
        let owner = Fixtures.key("k", team: nil, role: .admin, at: ManualClock.defaultStart)
        #expect(Self.guarded.allSatisfy { $0.access.permits(owner) })
        let reader = Fixtures.key("k", team: nil, role: .viewer, at: ManualClock.defaultStart)
        #expect(!Route.listTeams.access.permits(reader))
    }

    @Test(arguments: [
        ("Bearer KEY", 200), ("bearer KEY", 200), ("BEARER  KEY", 200), ("KEY", 200), ("Basic KEY", 401),
        ("Basic anyone:KEY", 200), ("basic :KEY", 200), ("Basic key_viewer:KEYx", 401), ("Basic KEY:", 401),
        ("Bearer", 401), ("Bearer KEY KEY", 401), ("Bearer KEYx", 401), ("", 401),
        ("Bearer " + String(repeating: "a", count: 5000), 401),
    ])
    func readsTheAuthorizationField(_ field: String, _ status: Int) async throws {
        var value = field.replacing("KEY", with: TestServer.key(.viewer))
        if let colon = value.firstIndex(of: ":"), let space = value[..<colon].lastIndex(of: " ") {
            let pair = Array(value[value.index(after: space)...].utf8)
            value = value[...space] + Base64.encode(pair)
        }
        let sent = value
        let answer = try await TestServer().run {
            try await $0.send(.get, "/v1/teams/1/logs", headers: [.authorization: sent])
        }
        #expect(answer.status == status)
        if status == 401 {
            #expect(answer.errorCode == "UNAUTHORIZED")
            #expect(answer.header("WWW-Authenticate")?.contains(#"error="invalid_token""#) == true)
        }
    }

    @Test func refusesAKeyFromItsExpiryOn() async throws {
        let server = try await TestServer()
        let key = "clk_short-lived0000000000000000000000000000000"
        try await server.add(
            key, id: "key_short", role: .viewer, team: 1, expiresAt: server.clock.now.advanced(bySeconds: 10))
        try await server.run { caller async throws in
            #expect(try await caller.get("/v1/teams/1/logs", key: key).status == 200)
            server.clock.advance(bySeconds: 10)
            #expect(try await caller.get("/v1/teams/1/logs", key: key).status == 401)
        }
    }

    @Test func refusesARevokedKeyAtOnce() async throws {
        try await TestServer().run { caller async throws in
            #expect(try await caller.get("/v1/teams/1/logs").status == 200)
            let revoked = try await caller.send(
                .delete, "/v1/teams/1/keys/key_viewer", key: TestServer.key(.admin))
            #expect(revoked.status == 204)
            #expect(revoked.bytes.isEmpty)
            #expect(revoked.header("Content-Length") == nil)
            #expect(try await caller.get("/v1/teams/1/logs").status == 401)
        }
    }

    @Test func notesWhenAKeyWasUsed() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            server.clock.advance(bySeconds: 100)
            _ = try await caller.get("/v1/teams/1/logs")
        }
        #expect(server.store.key(id: "key_viewer")?.lastUsedAt == server.clock.now)
    }
}

extension Route.Method {
    var http: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
