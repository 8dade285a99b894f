import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogServer
import Foundation
import NIOHTTP1
import Testing

/// Reads all that the server gives out: every list, every record, every page.
struct ServerReader: Sendable {
    /// The texts of one record, by the time that it was sent with.
    typealias Records = [String: [[UInt8]]]

    let client: LiveServer.Client
    let key: String
    /// A cookie.
    let session: String
    /// Of pages, and of the lists below flows and runs, one of so many is read: there are about as many as lines.
    let sampling: Int

    private static let team = "/v1/teams/1"

    private func get(_ path: String) async throws -> LiveServer.Answer {
        try await client.send("GET", path, [("Authorization", "Bearer \(key)")])
    }

    /// All rows of a list, page by page.
    private func rows(_ path: String, _ member: String) async throws -> [[String: Any]] {
        var rows: [[String: Any]] = []
        var cursor: String?
        repeat {
            let join = path.contains("?") ? "&" : "?"
            let answer = try await get(path + join + "limit=1000" + (cursor.map { "&cursor=" + $0 } ?? ""))
            try #require(answer.status == 200, "\(path): \(answer.text.prefix(500))")
            rows += answer.json[member] as? [[String: Any]] ?? []
            cursor = answer.json["next_cursor"] as? String
        } while cursor != nil
        return rows
    }

    private func ids(_ path: String, _ member: String, _ name: String) async throws -> [String] {
        try await rows(path, member).compactMap { $0[name] as? String }
    }

    /// All lists, all entries and faults, and the states of these ids; pages of them and of flows and runs; and everything
    /// else that has an address.
    func readAll(states: [String]) async throws -> Records {
        let entries = try await ids(Self.team + "/logs", "logs", "id")
        let faults = try await ids(Self.team + "/faults", "faults", "id")
        _ = try await get(Self.team + "/logs?format=har&limit=1000")
        let half = entries.count / 2
        async let first = records(entries: entries[..<half], faults: [], states: states)
        async let second = records(entries: entries[half...], faults: faults, states: [])
        var records = try await first
        records.merge(try await second) { $0 + $1 }
        for flow in sample(try await ids(Self.team + "/flows", "flows", "flow_id")) {
            try await page(PageAddress.flow(1, flow))
            try await page(PageAddress.statesCSV(1, flow))
            for state in try await ids(path(.listStates, "flow_id", flow), "states", "state_id") {
                _ = try await rows(path(.listStateEntries, "state_id", state), "logs")
                _ = try await rows(path(.listStateFaults, "state_id", state), "faults")
                try await page(PageAddress.log(1, state: state))
            }
        }
        try await readCatalog()
        return records
    }

    private func sample(_ ids: some Collection<String>) -> [String] {
        ids.enumerated().filter { $0.offset % sampling == 0 }.map(\.element)
    }

    private func path(_ route: Route, _ name: String, _ value: String) -> String {
        route.path(["team_id": "1", name: value])
    }

    private func records(entries: ArraySlice<String>, faults: [String], states: [String]) async throws -> Records {
        var records: Records = [:]
        func note(_ answer: LiveServer.Answer, time: String) {
            let document = answer.json
            records[document[time] as? String ?? "", default: []] += [answer.body] + Self.texts(of: document)
        }
        for id in entries { note(try await get(path(.getEntry, "log_id", id)), time: "log_time") }
        for id in faults { note(try await get(path(.getFault, "fault_id", id)), time: "log_time") }
        for id in states { note(try await get(path(.getState, "state_id", id)), time: "last_action_at") }
        for id in sample(entries) {
            try await page("/teams/1/logs/\(id)")
            try await page("/teams/1/logs/\(id)/failures")
        }
        for id in sample(faults) {
            for part in [""] + PageAddress.FaultPart.allCases.map({ "/" + $0.rawValue }) {
                try await page("/teams/1/faults/\(id)\(part)")
            }
        }
        return records
    }

    private func readCatalog() async throws {
        for page in ["/", "/teams/1", "/teams/1?range=all", PageAddress.redaction(1)] { try await self.page(page) }
        for route in Route.allCases where route.method == .get {
            let path = route.path(["team_id": "1"])
            guard !path.contains("{") else { continue }
            let query =
                switch route {
                case .listConnectors: "?include_configs=true"
                case .listServiceRequests: "?team=1&pageSize=100"
                default: ""
                }
            let answer = try await get(path + query)
            #expect(answer.status == 200, "\(path): \(answer.text.prefix(300))")
        }
        for connector in try await ids(
            Route.listConnectors.path(["team_id": "1"]), "connectors", "connector_identifier")
        {
            for route in [Route.getConnector, .listConnectorSecrets, .listConnectorLogs, .getConnectorLogo] {
                _ = try await get(path(route, "connector_identifier", connector))
            }
        }
    }

    private func page(_ path: String) async throws {
        let answer = try await client.send("GET", path, [("Cookie", session), ("Accept", "text/html")])
        #expect(answer.status == 200, "\(path): \(answer.status)")
    }

    /// Signs in as a browser does; returns the cookie of the session.
    static func signIn(_ client: LiveServer.Client, key: String) async throws -> String {
        let form = try await client.send("GET", "/sign-in")
        let guest = try #require(form.headers.first(name: "Set-Cookie")?.prefix { $0 != ";" })
        let token = try #require(form.text.firstMatch(of: /name="csrf_token" value="([^"]+)"/)?.1)
        let answer = try await client.send(
            "POST", "/sign-in", [("Cookie", String(guest)), ("Content-Type", "application/x-www-form-urlencoded")],
            .bytes(Array("key=\(key)&csrf_token=\(token)".utf8)))
        return String(try #require(answer.headers.first(name: "Set-Cookie")?.prefix { $0 != ";" }))
    }

    /// All texts of a document as they are meant, names of members among them, and bodies in base64 decoded.
    static func texts(of document: [String: Any]) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        func visit(_ value: Any) {
            switch value {
            case let text as String: texts.append(Array(text.utf8))
            case let list as [Any]: list.forEach(visit)
            case let object as [String: Any]:
                for (name, value) in object {
                    texts.append(Array(name.utf8))
                    visit(value)
                }
            default: break
            }
        }
        visit(document)
        for name in ["request_body", "response_body"] where document[name + "_encoding"] as? String == "base64" {
            if let text = document[name] as? String, let bytes = Data(base64Encoded: text) {
                texts.append([UInt8](bytes))
            }
        }
        return texts
    }
}
