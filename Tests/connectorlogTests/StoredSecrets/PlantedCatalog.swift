import ConnectorLogAPI
import ConnectorLogCore
import Foundation
import Testing

@testable import ConnectorLogTesting

/// Secrets in what is told of connectors: names, descriptions, configurations and pictures.
struct PlantedCatalog: Sendable {
    struct Planting: Sendable {
        /// Which of the connectors it is in, in the order in which they are sent.
        var connector: Int
        var place: String
        var needle: [UInt8]
    }

    private struct Draft: Sendable {
        var title: String
        var description: String
        var configuration: String
        var logo: [UInt8]
        /// The one that is changed; nil for one that is made.
        var connector: String?
    }

    private(set) var plantings: [Planting] = []
    private var drafts: [Draft] = []

    init(_ known: [PlantedKnownSecret], seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let short = known.filter { $0.value.utf8.count <= 60 }
        for owner in [nil] + PlantedKnownSecret.connectors.map(Optional.some) {
            // A connector in the making has no secrets of its own yet.
            let values = short.filter { $0.connector == nil || $0.connector == owner }.map(\.value)
            for number in 0..<20 {
                let (first, second, third) = (random.pick(values), random.pick(values), random.pick(values))
                // By name, by shape.
                let (password, token) = (random.hex(30), "ghp_" + random.hex(36))
                let inConfiguration = random.pick(values)
                drafts.append(
                    Draft(
                        title: "Sync \(first) nightly", description: "asks with \(second), or api_key=\(password)",
                        configuration:
                            #"{"base":{"headers":{"X-Note":\#(Self.json(inConfiguration)),"X-Api-Key":"{{KEY}}"}},"#
                            + #""password":"\#(password)","steps":["GET \#(token)",{"n":\#(number)}]}"#,
                        logo: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + random.bytes(40) + Array(third.utf8)
                            + random.bytes(40), connector: owner))
                plant(first, "connector's name")
                plant(second, "connector's description")
                plant(password, "connector's description and configuration")
                plant(inConfiguration, "connector's configuration")
                plant(token, "connector's configuration")
                plant(third, "logo")
            }
        }
    }

    private static func json(_ text: String) -> String { "\"" + SecretEncoding.json.encode(text) + "\"" }

    private mutating func plant(_ value: String, _ place: String) {
        plantings.append(Planting(connector: drafts.count - 1, place: place, needle: Array(value.utf8)))
    }

    /// Returns what is shown of each connector afterwards.
    /// - Parameter isRedacting: a picture cannot be redacted, so that it is refused.
    func send(to client: LiveServer.Client, key: String, isRedacting: Bool) async throws -> [[[UInt8]]] {
        var shown: [[[UInt8]]] = []
        for draft in drafts {
            var identifier = draft.connector ?? ""
            if draft.connector == nil {
                let form =
                    "title=\(PercentEncoding.encode(draft.title))&description=\(PercentEncoding.encode(draft.description))"
                let answer = try await call(
                    .createConnector, client, key, type: "application/x-www-form-urlencoded", Array(form.utf8))
                try #require(answer.status == 201, "\(answer.text)")
                identifier = try #require(answer.json["connector_identifier"] as? String)
            }
            let update =
                #"{"connector":{"name":\#(Self.json(draft.title)),"description":\#(Self.json(draft.description))},"#
                + #""configuration":{"configuration_json":\#(draft.configuration)}}"#
            let updated = try await call(
                .updateConnector, client, key, identifier, type: "application/json", Array(update.utf8))
            #expect(updated.status == 204, "\(updated.text)")
            let part =
                "--b0\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n"
            let logo = try await call(
                .uploadConnectorLogo, client, key, identifier, type: "multipart/form-data; boundary=b0",
                Array(part.utf8) + draft.logo + Array("\r\n--b0--\r\n".utf8))
            #expect(logo.status == (isRedacting ? 422 : 201), "\(logo.text)")
            // What is shown now, before the next takes its place.
            let answer = try await call(.getConnector, client, key, identifier)
            var texts = [answer.body] + ServerReader.texts(of: answer.json)
            if let url = logo.json["logo_url"] as? String, let path = url.firstRange(of: "/v1/") {
                texts.append(try await client.send("GET", String(url[path.lowerBound...])).body)
            }
            shown.append(texts)
        }
        return shown
    }

    @discardableResult private func call(
        _ route: Route, _ client: LiveServer.Client, _ key: String, _ identifier: String = "", type: String? = nil,
        _ body: [UInt8]? = nil
    ) async throws -> LiveServer.Answer {
        try await client.send(
            route.method.rawValue, route.path(["team_id": "1", "connector_identifier": identifier]),
            [("Authorization", "Bearer " + key)] + (type.map { [("Content-Type", $0)] } ?? []),
            body.map { .bytes($0) })
    }
}
