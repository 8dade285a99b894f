import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// `POST /oauth/token`: an access token for an API key (OAuth 2.0 client credentials, RFC 6749, section 4.4). The client's
/// id is the key's id, its secret the key.
///
/// What OAuth has a name for is answered in OAuth's shape (section 5.2), which its clients read; all else is the envelope.
enum AccessTokenRoute {
    private static let grant = "client_credentials"
    private static let fields: Set<String> = ["grant_type", "client_id", "client_secret", "scope"]

    @Sendable static func create(_ call: RouteCall) async throws -> Response {
        do {
            return try await answer(call)
        } catch let error as OAuthError {
            return error.response
        }
    }

    private static func answer(_ call: RouteCall) async throws -> Response {
        let client = try await client(of: call)
        let authentication = Authentication(environment: call.environment)
        guard let key = authentication.key(client.secret), key.id == client.id else {
            let peer = PeerAddress(of: call.request, context: call.context, settings: call.environment.settings)
            do {
                call.context.findings.rateLimit = try authentication.noteFailure(of: peer)
            } catch {
                call.context.findings.rateLimit = error.rateLimit
                throw error.error
            }
            throw OAuthError.invalidClient
        }
        call.context.findings.caller = key
        let now = call.environment.now
        call.environment.catalog.noteUse(ofKey: key.id, at: now)
        let token = try await call.environment.tokens.issue(for: key, now: now)
        return .json(AccessTokenAnswer(token: token))
    }

    private struct Client {
        var id: String
        var secret: String
    }

    /// Who asks, by `Basic` or in the form, but not in both (RFC 6749, section 2.3).
    private static func client(of call: RouteCall) async throws -> Client {
        guard let type = MediaType(call.request), type.essence == "application/x-www-form-urlencoded", type.isUTF8
        else {
            throw OAuthError.invalidRequest("the body is application/x-www-form-urlencoded")
        }
        let form: FormBody
        let body = try await call.body(limit: ServerSettings.formBodyBytes)
        do {
            form = try FormBody(body, names: fields)
        } catch {
            throw OAuthError.invalidRequest(error.message)
        }
        guard let given = form["grant_type"] else { throw OAuthError.invalidRequest("grant_type is missing") }
        guard given == grant else { throw OAuthError.unsupportedGrantType }
        // Of another scheme it is no client's.
        if let field = call.request.headers[.authorization], field.lowercased().hasPrefix("basic ") {
            guard form["client_secret"] == nil else {
                throw OAuthError.invalidRequest("the client's secret is in the header and in the form")
            }
            // Both were encoded as in a form before (section 2.3.1).
            guard let pair = BasicCredentials(field: field),
                let id = PercentEncoding.decode(pair.user, readsPlusAsSpace: true),
                let secret = PercentEncoding.decode(pair.password, readsPlusAsSpace: true),
                form["client_id"] ?? id == id
            else { return Client(id: "", secret: "") }
            return Client(id: id, secret: secret)
        }
        guard let id = form["client_id"], let secret = form["client_secret"] else {
            return Client(id: "", secret: "")
        }
        return Client(id: id, secret: secret)
    }
}

/// An error of RFC 6749, section 5.2.
private struct OAuthError: Error {
    var code: String
    var description: String
    var status: HTTPResponse.Status = .badRequest

    static let invalidClient = OAuthError(
        code: "invalid_client", description: "the client is unknown, or its secret is another", status: .unauthorized)
    static let unsupportedGrantType = OAuthError(
        code: "unsupported_grant_type", description: "grant_type is client_credentials")

    static func invalidRequest(_ description: String) -> OAuthError {
        OAuthError(code: "invalid_request", description: description)
    }

    var response: Response {
        var response = Response.json(self, status: status)
        if status == .unauthorized {
            response.headers[.wwwAuthenticate] = #"Basic realm="connectorlog""#
        }
        return response
    }
}

extension OAuthError: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("error", code)
            $0.member("error_description", description)
        }
    }
}

/// RFC 6749, section 5.1. That nobody keeps it (`Cache-Control: no-store`) every answer of the server says.
private struct AccessTokenAnswer: JSONWritable {
    var token: String

    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("access_token", token)
            $0.member("token_type", "Bearer")
            $0.member("expires_in", AccessTokens.lifetime)
        }
    }
}
