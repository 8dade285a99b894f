import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Hummingbird

/// Connectors, as the compatible API has them.
enum ConnectorRoutes {
    /// Tries at an identifier that nobody has; with five characters of 36 the second is hardly ever needed.
    private static let identifierTries = 16

    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        let includesConfigurations = try call.query.flag("include_configs")
        let catalog = call.environment.catalog
        let connectors = try await catalog.connectors(
            team: call.teamID, withConfigurations: includesConfigurations)
        // More than are listed at a time: the count says how many are not.
        let count =
            connectors.count < 1000
            ? connectors.count : max(connectors.count, try await catalog.connectorCount(team: call.teamID))
        return .json(
            ConnectorListAnswer(
                connectors.map { answer($0, call, includesConfiguration: includesConfigurations) }, count: count),
            capacity: 64 + connectors.count * 400)
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        .json(answer(try await connector(call), call, includesConfiguration: true))
    }

    /// Creates, or, with `connector_identifier`, duplicates that connector.
    @Sendable static func create(_ call: RouteCall) async throws -> Response {
        try MediaType.require("application/x-www-form-urlencoded", in: call.request)
        let form = try FormBody(
            try await call.body(limit: ServerSettings.formBodyBytes),
            names: ["title", "description", "connector_identifier"])
        guard let title = form["title"], (1...255).contains(title.unicodeScalars.count) else {
            throw APIError(.unprocessableEntity, "title is a text of 1 to 255 characters")
        }
        let description = form["description"]
        guard (description?.unicodeScalars.count ?? 0) <= 1000 else {
            throw APIError(.unprocessableEntity, "description is a text of at most 1000 characters")
        }
        let now = call.environment.now
        let policy = call.environment.vault.book.policy(team: call.teamID, connector: nil)
        var connector = Connector(
            identifier: "", teamID: call.teamID, name: policy.redacted(title),
            description: description.map { policy.redacted($0) }, logoName: nil,
            createdAt: now, updatedAt: now,
            configuration: Connector.Configuration(version: 1, json: "{}", createdAt: now, updatedAt: now))
        var logo: Logo?
        if let original = try await original(form["connector_identifier"], call) {
            connector.configuration.json = original.configuration.json
            if description == nil { connector.description = original.description }
            logo = try await call.environment.catalog.logo(team: call.teamID, identifier: original.identifier)
            connector.logoName = logo.flatMap { LogoImage.name(mediaType: $0.mediaType, call) }
        }
        connector.identifier = try await store(connector, logo: logo, call)
        return .json(answer(connector, call, includesConfiguration: true), status: .created)
    }

    private static func original(_ identifier: String?, _ call: RouteCall) async throws -> Connector? {
        guard let identifier else { return nil }
        guard Connector.isIdentifier(identifier) else {
            throw APIError(.unprocessableEntity, "connector_identifier has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        return try await connector(identifier, call)
    }

    /// Stores under an identifier that nobody has, and returns it.
    private static func store(_ connector: Connector, logo: Logo?, _ call: RouteCall) async throws -> String {
        for _ in 0..<identifierTries {
            let identifier = ConnectorIdentifier.generate(call.environment.dependencies.randomBytes)
            if try await store(connector, as: identifier, logo: logo, call) { return identifier }
        }
        throw APIError(.conflict, "no free identifier was found")
    }

    /// False when the identifier is taken.
    private static func store(
        _ connector: Connector, as identifier: String, logo: Logo?, _ call: RouteCall
    ) async throws -> Bool {
        var connector = connector
        connector.identifier = identifier
        do {
            try await call.environment.catalog.createConnector(connector, logo: logo)
            call.context.findings.changed = identifier
            return true
        } catch {
            guard error.code == .conflict else { throw error }
            return false
        }
    }

    /// Both parts are optional; members that the parts do not name are ignored, since clients send back what they got.
    @Sendable static func update(_ call: RouteCall) async throws -> Response {
        let identifier = try call.pathConnector()
        let body = try await call.jsonBody()
        let members = try body.members()
        var name: String?
        var description: String??
        var configuration: String?
        if let (part, _) = try members.optionalObject("connector") {
            name = try part.text("name", 1...255)
            guard part.has("description") else { throw part.missing("description") }
            description = .some(try part.optionalText("description", 0...1000))
        }
        if let (part, _) = try members.optionalObject("configuration") {
            guard let (_, place) = try part.optionalObject("configuration_json") else {
                throw part.missing("configuration_json")
            }
            configuration = String(decoding: body.bytes[place], as: UTF8.self)
        }
        // Names of secrets (`{{NAME}}`) stay; values go, since all of this is shown.
        let policy = call.environment.vault.book.policy(team: call.teamID, connector: identifier)
        let isKnown = try await call.environment.catalog.updateConnector(
            team: call.teamID, identifier: identifier, name: name.map { policy.redacted($0) },
            description: description.map { $0.map { policy.redacted($0) } },
            configurationJSON: configuration.map { policy.redacted($0, dropped: "{}") }, at: call.environment.now)
        guard isKnown else { throw APIError.notFound("connector") }
        return .noContent
    }

    /// Its entries stay, its secrets go.
    @Sendable static func delete(_ call: RouteCall) async throws -> Response {
        let isKnown = try await call.environment.vault.deleteConnector(
            team: call.teamID, identifier: try call.pathConnector(), at: call.environment.now)
        guard isKnown else { throw APIError.notFound("connector") }
        return .noContent
    }

    // MARK: - Shared

    /// The connector in the path; throws 404 when there is none.
    static func connector(_ call: RouteCall) async throws -> Connector {
        try await connector(try call.pathConnector(), call)
    }

    private static func connector(_ identifier: String, _ call: RouteCall) async throws -> Connector {
        guard
            let connector = try await call.environment.catalog.connector(team: call.teamID, identifier: identifier)
        else { throw APIError.notFound("connector") }
        return connector
    }

    private static func answer(
        _ connector: Connector, _ call: RouteCall, includesConfiguration: Bool
    ) -> ConnectorAnswer {
        ConnectorAnswer(
            connector, logoURL: LogoImage.url(of: connector, call), includesConfiguration: includesConfiguration)
    }
}

/// Identifiers of new connectors: five upper-case letters and digits.
enum ConnectorIdentifier {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)

    static func generate(_ randomBytes: (Int) -> [UInt8]) -> String {
        var characters: [UInt8] = []
        while characters.count < 5 {
            // 252 is the largest multiple of 36 in a byte: beyond it some characters would come more often.
            characters += randomBytes(8).filter { $0 < 252 }.map { alphabet[Int($0) % alphabet.count] }
        }
        return String(decoding: characters.prefix(5), as: UTF8.self)
    }
}
