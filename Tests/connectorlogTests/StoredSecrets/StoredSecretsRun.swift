import ConnectorLogAPI
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogCore
@testable import connectorlog

/// One server, from its first start to its end, and all that it was sent and gave out.
struct StoredSecretsRun {
    let evidence: SecretEvidence
    let traffic: PlantedTraffic
    let catalog: PlantedCatalog
    /// Planted secrets of which something was found in the record that came of their line or connector, and the others.
    private(set) var kept: [String] = []
    private(set) var missed: [String] = []
    private(set) var usedWays: Set<WayIn> = []
    /// Arguments and environment of the commands, as others on the machine saw them.
    private(set) var seenOfCommands: (arguments: String, environment: String) = ("", "")
    /// What `connectorlog verify-secrets` says of the store.
    private(set) var verification = ExitReason.internalError

    var planted: Int { traffic.secretCount + catalog.plantings.count }

    /// - Parameter sampling: the reader's.
    init(lines: Int, looks: Looks, sampling: Int) async throws {
        traffic = PlantedTraffic(
            seed: 17, lines: lines, from: SystemTime.now.advanced(bySeconds: -Int64(lines) - 3600))
        catalog = PlantedCatalog(traffic.known, seed: 18)
        let probes = Self.probes(traffic.known)
        evidence = SecretEvidence(
            traffic.lines.flatMap(\.secrets).map { ("\($0.combination)", $0.needles + $0.furtherNeedles) }
                + traffic.known.map { ("registered \($0.alphabet)", [Array($0.value.utf8)]) }
                + catalog.plantings.map { ($0.place, [$0.needle]) } + probes.map { ("probe", [Array($0.utf8)]) })
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        let server = LiveServer(data: data, looks: looks, evidence: evidence)
        let isRedacting = looks.first
        let certificate = try TestCertificate.make(host: "localhost")
        let tls = ServerSettings.TLSFiles(
            certificate: try directory.write(certificate.pem, to: "certificate.pem"),
            privateKey: try directory.write(certificate.privateKeyPEM, to: "private-key.pem"))

        let clientDirectory = try TemporaryDirectory()
        var key = ""
        var program: Program?
        var shown: [[[UInt8]]] = []
        var records: ServerReader.Records = [:]
        try await server.run { client in
            key = try await Self.makeKey(client, owner: try Self.ownerKey(in: data))
            let made = try Program(directory: clientDirectory, key: key, evidence: evidence)
            program = made
            try await Self.register(traffic.known, client, key: key, program: made)
            usedWays.formUnion(try await sendLines(overTLS: false, client, key: key, program: made))
            shown = try await catalog.send(to: client, key: key, isRedacting: isRedacting)
            if isRedacting {
                let session = try await ServerReader.signIn(client, key: key)
                for probe in probes {
                    try await SecretProbes(client: client, key: key, session: session).send(probe)
                }
            }
            // While the server runs, so that what it has not moved from its journal is seen.
            try DirectoryBytes.forEachFile(in: data) { name, bytes in
                evidence.look(in: bytes, at: "the file \(name) of the running server")
            }
        }
        try await server.run(tls: tls) { client in
            usedWays.formUnion(try await sendLines(overTLS: true, client, key: key, program: try #require(program)))
        }
        try await server.run { client in
            let owner = try Self.ownerKey(in: data)
            let session = try await ServerReader.signIn(client, key: owner)
            records = try await ServerReader(client: client, key: owner, session: session, sampling: sampling)
                .readAll(states: traffic.states)
        }
        #expect(server.logText.contains("route=/v1/ingest"))
        evidence.look(in: server.logText, at: "the server's log")
        try DirectoryBytes.forEachFile(in: data) { name, bytes in
            evidence.look(in: bytes, at: "the file \(name)")
        }
        // What the command noted of its files; its input beside it is what was planted.
        try DirectoryBytes.forEachFile(in: try #require(program).stateDirectory) { name, bytes in
            evidence.look(in: bytes, at: "the command's file \(name)")
        }
        let sights = try #require(program).sights
        seenOfCommands = (sights["cmdline"], sights["environ"])
        let verified = await CommandLineRun.run(["verify-secrets", "--data", data], environment: [:])
        verification = verified.status
        evidence.look(in: verified.output + verified.error, at: "the output of verify-secrets")
        judge(records, shown)
    }

    private static func ownerKey(in data: String) throws -> String {
        try String(contentsOfFile: data + "/admin-key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A key of the team: lines name none.
    private static func makeKey(_ client: LiveServer.Client, owner: String) async throws -> String {
        let answer = try await client.send(
            "POST", "/v1/teams/1/keys",
            [("Authorization", "Bearer " + owner), ("Content-Type", "application/json")],
            .bytes(Array(#"{"name":"planter","role":"admin"}"#.utf8)))
        return try #require(answer.json["key"] as? String, "\(answer.text)")
    }

    /// One of so many secrets is registered by command.
    private static let byCommand = 25

    /// Through both endpoints.
    private static func register(
        _ known: [PlantedKnownSecret], _ client: LiveServer.Client, key: String, program: Program
    ) async throws {
        // Who has secrets has to be there.
        let lines = PlantedKnownSecret.connectors.map { #"{"connector_identifier":"\#($0)","event":"first"}"# }
        let answer = try await client.send(
            "POST", "/v1/ingest", [("Authorization", "Bearer " + key), ("Content-Type", "application/json")],
            .bytes(Array("[\(lines.joined(separator: ","))]".utf8)))
        try #require(answer.status == 200, "\(answer.text)")
        for (index, secret) in known.enumerated() {
            let name = "secret-\(index)"
            if index % byCommand == 0 {
                let owner = secret.connector.map { ["--connector", $0] } ?? ["--team-wide"]
                let run = try await program.run(
                    ["secret", "create", name, "--url", client.url, "--key-file", program.keyFile] + owner
                        + (secret.ignoresCase ? ["--ignore-case"] : []), input: Array((secret.value + "\n").utf8))
                try #require(run.status == 0, "\(run.output)")
                continue
            }
            let route: Route = secret.connector == nil ? .createTeamSecret : .createConnectorSecret
            let body: [String: Any] = [
                "secret_name": name, "secret_value": secret.value, "ignore_case": secret.ignoresCase,
            ]
            let answer = try await client.send(
                "POST", route.path(["team_id": "1", "connector_identifier": secret.connector ?? ""]),
                [("Authorization", "Bearer " + key), ("Content-Type", "application/json")],
                .bytes([UInt8](JSONSerialization.data(withJSONObject: body))))
            try #require(answer.status == 201, "\(answer.text)")
        }
    }

    /// The lines by all ways in turn, some at a time; returns the ways.
    private func sendLines(
        overTLS isOverTLS: Bool, _ client: LiveServer.Client, key: String, program: Program
    ) async throws -> Set<WayIn> {
        let ways = WayIn.allCases
        let perBatch = 40
        var used: Set<WayIn> = []
        for start in stride(from: 0, to: traffic.lines.count, by: perBatch) {
            let number = start / perBatch
            let way = ways[number % ways.count]
            guard way.isOverTLS == isOverTLS else { continue }
            let lines = traffic.lines[start..<min(start + perBatch, traffic.lines.count)]
            try await way.send(Array(lines), number: number, to: client, key: key, by: program)
            used.insert(way)
        }
        return used
    }

    /// Registered values and tokens of letters, digits, `_` and `-`.
    private static func probes(_ known: [PlantedKnownSecret]) -> [String] {
        var random = SeededRandom(seed: 19)
        let words = known.filter { $0.connector == nil && ($0.alphabet == .alphanumeric || $0.alphabet == .uuid) }
        return words.map(\.value).filter { $0.utf8.count <= 60 }.prefix(4) + ["ghp_" + random.hex(36)]
    }

    private mutating func judge(_ records: ServerReader.Records, _ shown: [[[UInt8]]]) {
        for line in traffic.lines {
            let texts = records["\(line.time)"] ?? []
            if texts.isEmpty { Issue.record("no record of \(line.json.prefix(200))") }
            judge(
                line.secrets.map { ("\($0.combination): \($0.written.prefix(200))", $0.needles + $0.furtherNeedles) },
                in: texts)
        }
        for (connector, plantings) in Dictionary(grouping: catalog.plantings, by: \.connector) {
            judge(
                plantings.map { ("\($0.place): \(String(decoding: $0.needle, as: UTF8.self))", [$0.needle]) },
                in: shown[connector])
        }
    }

    private mutating func judge(_ secrets: [(what: String, needles: [[UInt8]])], in texts: [[UInt8]]) {
        let search = NeedleSearch(Set(secrets.flatMap(\.needles)).sorted { $0.lexicographicallyPrecedes($1) })
        let found = texts.reduce(into: Set<[UInt8]>()) { found, text in
            for index in search.occurring(in: text) { found.insert(search.needles[index]) }
        }
        for secret in secrets {
            if secret.needles.contains(where: found.contains) {
                kept.append(secret.what)
            } else {
                missed.append(secret.what)
            }
        }
    }

    /// That this run proves what it is meant to.
    func expectPlanting(ofAtLeast count: Int) {
        #expect(planted >= count)
        #expect(traffic.missing.isEmpty, "not planted: \(traffic.missing.prefix(20))")
        #expect(usedWays == Set(WayIn.allCases))
        // Else nothing was looked through.
        #if os(Linux)
            #expect(seenOfCommands.arguments.contains("\0ingest\0"))
            #expect(seenOfCommands.environment.contains("XDG_STATE_HOME="))
        #endif
    }
}
