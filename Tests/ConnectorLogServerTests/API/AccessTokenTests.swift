import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import Crypto
import HTTPTypes
import Testing

@testable import ConnectorLogServer

@Suite("Access tokens: OAuth 2.0 client credentials")
struct AccessTokenTests {
    struct Token: Decodable {
        var access_token: String
        var token_type: String
        var expires_in: Int
    }

    struct Failure: Decodable {
        var error: String
        var error_description: String
    }

    static let viewer = TestServer.key(.viewer)
    static let form = "grant_type=client_credentials&client_id=key_viewer&client_secret=\(viewer)"

    private func ask(
        _ caller: TestCaller, _ form: String = Self.form, basic: String? = nil,
        type: String = "application/x-www-form-urlencoded"
    ) async throws -> TestAnswer {
        var headers: HTTPFields = [.contentType: type]
        if let basic { headers[.authorization] = "Basic " + Base64.encode(Array(basic.utf8)) }
        return try await caller.send(.post, "/oauth/token", key: nil, headers: headers, body: Array(form.utf8))
    }

    private func token(_ caller: TestCaller) async throws -> String {
        try await ask(caller).decoded(Token.self).access_token
    }

    private func status(_ caller: TestCaller, token: String) async throws -> Int {
        try await caller.get("/v1/teams/1/logs", key: token).status
    }

    // MARK: - Asking

    @Test func givesATokenForAKeyAndItsID() async throws {
        let answer = try await TestServer().run { try await ask($0) }
        #expect(answer.status == 200)
        #expect(answer.header("Cache-Control") == "no-store")
        let token = try answer.decoded(Token.self)
        #expect(token.token_type == "Bearer")
        #expect(token.expires_in == 900)
        #expect(!answer.text.contains(Self.viewer))
    }

    @Test func takesTheClientByBasicToo() async throws {
        try await TestServer().run { caller async throws in
            let grant = "grant_type=client_credentials"
            #expect(try await ask(caller, grant, basic: "key_viewer:\(Self.viewer)").status == 200)
            #expect(try await ask(caller, grant, basic: "key%5Fviewer:\(Self.viewer)").status == 200)
            #expect(
                try await ask(caller, grant + "&client_id=key_viewer", basic: "key_viewer:\(Self.viewer)").status == 200
            )
            #expect(
                try await ask(caller, grant + "&client_id=key_other", basic: "key_viewer:\(Self.viewer)").status == 401)
        }
    }

    @Test(arguments: [
        ("grant_type=client_credentials", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=key_viewer", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=key_viewer&client_secret=clk_wrong", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=key_admin&client_secret=KEY", 401, "invalid_client"),
        ("client_id=key_viewer&client_secret=KEY", 400, "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        ("grant_type=%zz", 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
    ])
    func refusesInTheShapeOfOAuth(_ form: String, _ status: Int, _ code: String) async throws {
        let answer = try await TestServer().run {
            try await ask($0, form.replacing("KEY", with: Self.viewer))
        }
        #expect(answer.status == status)
        #expect(try answer.decoded(Failure.self).error == code)
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.header("Cache-Control") == "no-store")
        #expect((answer.header("WWW-Authenticate") == #"Basic realm="connectorlog""#) == (status == 401))
        #expect(!answer.text.contains(Self.viewer))
    }

    @Test func refusesAnotherMediaTypeAndSecretsInTwoPlaces() async throws {
        try await TestServer().run { caller async throws in
            let json = try await ask(caller, "{}", type: "application/json")
            #expect(json.status == 400)
            #expect(try json.decoded(Failure.self).error == "invalid_request")
            let twice = try await ask(caller, basic: "key_viewer:\(Self.viewer)")
            #expect(twice.status == 400)
            #expect(try twice.decoded(Failure.self).error == "invalid_request")
        }
    }

    @Test func countsRefusedClientsAsFailedAuthentications() async throws {
        var server = try await TestServer()
        server.settings.failedAuthenticationsPerHour = 2
        try await server.run { caller async throws in
            let wrong = "grant_type=client_credentials&client_id=key_viewer&client_secret=clk_wrong"
            #expect(try await ask(caller, wrong).status == 401)
            #expect(try await caller.get("/v1/teams/1/logs", key: "clk_wrong").status == 401)
            let third = try await ask(caller, wrong)
            #expect(third.status == 429)
            #expect(third.errorCode == "TOO_MANY_REQUESTS")
            #expect(third.header("Retry-After") != nil)
            // Who has the key is not kept out by who guesses from the same address.
            #expect(try await ask(caller).status == 200)
        }
    }

    // MARK: - Using

    @Test func aTokenIsGoodWhereItsKeyIs() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let token = try await token(caller)
            #expect(try await status(caller, token: token) == 200)
            #expect(try await caller.get("/v1/teams/2/logs", key: token).status == 403)
            #expect(try await caller.ingest(#"{"connector_identifier":"c"}"#, key: token).status == 403)
            // Alone, without the scheme, only a key may stand.
            let alone = try await caller.send(.get, "/v1/teams/1/logs", headers: [.authorization: token])
            #expect(alone.status == 401)
        }
    }

    @Test func aTokenEndsAfterFifteenMinutes() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let token = try await token(caller)
            server.clock.advance(bySeconds: 899)
            #expect(try await status(caller, token: token) == 200)
            server.clock.advance(bySeconds: 1)
            #expect(try await status(caller, token: token) == 401)
        }
    }

    @Test func aTokenEndsWithItsKey() async throws {
        let server = try await TestServer()
        let text = "clk_short-lived0000000000000000000000000000000"
        try await server.add(
            text, id: "key_short", role: .viewer, team: 1, expiresAt: server.clock.now.advanced(bySeconds: 10))
        try await server.run { caller async throws in
            let short = try await ask(caller, "grant_type=client_credentials&client_id=key_short&client_secret=\(text)")
                .decoded(Token.self).access_token
            let token = try await token(caller)
            #expect(try await status(caller, token: short) == 200)
            server.clock.advance(bySeconds: 10)
            #expect(try await status(caller, token: short) == 401)
            _ = try await caller.send(.delete, "/v1/teams/1/keys/key_viewer", key: TestServer.key(.admin))
            #expect(try await status(caller, token: token) == 401)
        }
    }

    // MARK: - Forging

    /// A token with this header, these claims, and a signature under the key that is derived so.
    private func forged(header: String, claims: String, purpose: String? = nil) -> String {
        let signed =
            Base64.encodeURLSafe(Array(header.utf8)) + "." + Base64.encodeURLSafe(Array(claims.utf8))
        guard let purpose else { return signed + "." }
        let key = DerivedKey.make(from: Array(repeating: 7, count: 32), purpose: purpose)
        let code = Array(HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: key))
        return signed + "." + Base64.encodeURLSafe(code)
    }

    private static let claims =
        #"{"iss":"connectorlog","aud":"connectorlog","sub":"key_viewer","iat":0,"exp":99999999999}"#
    private static let purpose = "connectorlog access token 1"

    /// The forger of these tests makes tokens that would hold, were it not for the one thing that each test changes.
    @Test func theForgerOfTheseTestsCanSign() async throws {
        let token = forged(header: #"{"alg":"HS256","typ":"JWT"}"#, claims: Self.claims, purpose: Self.purpose)
        #expect(try await TestServer().run { try await status($0, token: token) } == 200)
    }

    @Test(arguments: [
        #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"None"}"#, #"{"alg":"HS512","typ":"JWT"}"#, #"{"alg":"RS256"}"#,
        #"{"typ":"JWT"}"#, #"{"alg":"HS256","kid":"other"}"#, #"{}"#, "no JSON",
    ])
    func refusesOtherAlgorithms(_ header: String) async throws {
        let tokens = [
            forged(header: header, claims: Self.claims),
            forged(header: header, claims: Self.claims, purpose: Self.purpose),
        ]
        try await TestServer().run { caller async throws in
            for token in tokens { #expect(try await status(caller, token: token) == 401) }
        }
    }

    @Test(arguments: [
        #"{"iss":"other","aud":"connectorlog","sub":"key_viewer","iat":0,"exp":99999999999}"#,
        #"{"iss":"connectorlog","aud":"other","sub":"key_viewer","iat":0,"exp":99999999999}"#,
        #"{"iss":"connectorlog","aud":"connectorlog","sub":"key_none","iat":0,"exp":99999999999}"#,
        #"{"iss":"connectorlog","aud":"connectorlog","sub":"key_viewer","iat":0,"exp":1}"#,
        #"{"iss":"connectorlog","aud":"connectorlog","sub":"key_viewer","iat":0}"#,
        #"{}"#, "no JSON",
    ])
    func refusesOtherClaims(_ claims: String) async throws {
        let token = forged(header: #"{"alg":"HS256","typ":"JWT"}"#, claims: claims, purpose: Self.purpose)
        #expect(try await TestServer().run { try await status($0, token: token) } == 401)
    }

    @Test func refusesOtherSignatures() async throws {
        try await TestServer().run { caller async throws in
            let token = try await token(caller)
            let parts = token.split(separator: ".")
            let claims = Base64.encodeURLSafe(Array(Self.claims.utf8))
            for other in [
                forged(header: #"{"alg":"HS256"}"#, claims: Self.claims, purpose: "connectorlog session cookie 1"),
                "\(parts[0]).\(claims).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "..", ".",
                token + ".", "\(parts[0]).\(parts[1]).\(parts[1])",
            ] {
                #expect(try await status(caller, token: other) == 401)
            }
        }
    }
}
