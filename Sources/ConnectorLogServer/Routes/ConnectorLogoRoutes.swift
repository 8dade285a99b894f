import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import HTTPTypes
import Hummingbird
import NIOCore

/// Connectors' pictures.
enum ConnectorLogoRoutes {
    /// Where the image is; the image itself comes from there.
    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        let connector = try await ConnectorRoutes.connector(call)
        guard let url = LogoImage.url(of: connector, call) else { throw APIError.notFound("logo") }
        return .json(LogoDocument(logoURL: url))
    }

    @Sendable static func upload(_ call: RouteCall) async throws -> Response {
        var connector = try await ConnectorRoutes.connector(call)
        guard let type = MediaType(call.request), type.essence == "multipart/form-data",
            let boundary = type.parameters["boundary"]
        else {
            throw APIError(
                .unsupportedMediaType, "this call takes multipart/form-data with a boundary",
                headers: [.accept: "multipart/form-data"])
        }
        let bytes = try await call.body(limit: ServerSettings.logoBytes + ServerSettings.multipartFramingBytes)
        let body = try MultipartBody(bytes, boundary: boundary)
        guard let part = body.parts.first(where: { $0.name == "logo" }) else {
            throw APIError(.badRequest, "the part logo is missing")
        }
        guard part.content.count <= ServerSettings.logoBytes else {
            throw APIError(.contentTooLarge, "a logo has at most \(ServerSettings.logoBytes) bytes")
        }
        guard let mediaType = LogoImage.mediaType(of: part.content),
            let name = LogoImage.name(mediaType: mediaType, call)
        else { throw APIError(.unsupportedMediaType, "a logo is a PNG or JPEG image") }
        let policy = call.environment.vault.book.policy(team: call.teamID, connector: connector.identifier)
        guard !policy.hasKnownSecret(part.content) else {
            throw APIError(.unprocessableEntity, "the logo has one of the connector's secrets in it")
        }
        let isKnown = try await call.environment.catalog.setLogo(
            team: call.teamID, identifier: connector.identifier,
            logo: Logo(mediaType: mediaType, bytes: Array(part.content)), name: name, at: call.environment.now)
        connector.logoName = name
        guard isKnown, let url = LogoImage.url(of: connector, call) else { throw APIError.notFound("connector") }
        return .json(LogoDocument(logoURL: url), status: .created)
    }

    /// The image. Whoever knows its name may see it: the name is random, and new with each upload, so that the image
    /// behind a URL never changes.
    @Sendable static func getImage(_ call: RouteCall) async throws -> Response {
        let (team, identifier) = (call.teamID, try call.pathConnector())
        let catalog = call.environment.catalog
        guard let connector = try await catalog.connector(team: team, identifier: identifier),
            let name = connector.logoName, name == (try call.pathText("logo_name")),
            let logo = try await catalog.logo(team: team, identifier: identifier)
        else { throw APIError.notFound("logo") }
        return Response(
            status: .ok,
            headers: [
                .contentType: logo.mediaType, .cacheControl: "public, max-age=31536000, immutable",
                .contentDisposition: "inline",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: logo.bytes)))
    }
}

/// What a logo is recognised by, and where it is found.
enum LogoImage {
    private static let extensions = ["image/png": "png", "image/jpeg": "jpg"]

    /// By the first bytes, whatever the client says: PNG (W3C PNG, section 5.2) or JPEG (ITU-T T.81, annex B).
    static func mediaType(of bytes: ArraySlice<UInt8>) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        return nil
    }

    /// A new file name: 128 random bits. Nil when logos are not of this type.
    static func name(mediaType: String, _ call: RouteCall) -> String? {
        extensions[mediaType].map {
            Base64.encodeURLSafe(call.environment.dependencies.randomBytes(16)) + "." + $0
        }
    }

    /// Absolute; nil without a logo.
    static func url(of connector: Connector, _ call: RouteCall) -> String? {
        path(of: connector).map { Origin.of(call.request, settings: call.environment.settings) + $0 }
    }

    /// Nil without a logo.
    static func path(of connector: Connector) -> String? {
        connector.logoName.map { name in
            Route.getConnectorLogoImage.path([
                "team_id": String(connector.teamID), "connector_identifier": connector.identifier,
                "logo_name": name,
            ])
        }
    }
}
