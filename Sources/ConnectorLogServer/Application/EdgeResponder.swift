import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Where requests come in and answers go out: it names the request, turns whatever fails into the one envelope, sets the
/// headers that every answer has, and writes the log line.
package struct EdgeResponder: HTTPResponder {
    private let environment: ServerEnvironment
    private let router: RouterResponder<ServerRequestContext>
    private let methods: MethodsByPath
    private let clock = ContinuousClock()
    var presence: ClientPresence { environment.presence }

    /// What a port answers to.
    enum Scope {
        case everything
        /// The routes of OTLP, and those by which the server is watched.
        case otlp
    }

    init(environment: ServerEnvironment, scope: Scope = .everything) throws {
        self.environment = environment
        let router = Router(context: ServerRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: ErrorTranslation())
        let assembly = RouteAssembly(environment: environment)
        switch scope {
        case .everything:
            assembly.addRoutes(to: router)
            try PageRoutes.add(to: router, environment: environment)
        case .otlp:
            assembly.addRoutes(Route.otlp.union([.getHealth, .getReadiness]), to: router)
        }
        try router.validate()
        methods = MethodsByPath(routes: router.routes.map { ($0.path, $0.method) })
        self.router = router.buildResponder()
    }

    package func respond(to request: Request, context: ServerRequestContext) async throws -> Response {
        let start = clock.now
        var context = context
        context.requestID =
            RequestID.taken(from: request.headers) ?? RequestID.make(environment.dependencies.randomBytes)
        var response: Response
        var cause: (any Error)?
        do {
            try Self.checkTarget(of: request)
            response = try await respondWhilePresent(to: request, context: context)
        } catch {
            let error = refined(APIError(error), request: request, context: context)
            cause = error.cause
            response = answer(to: request, for: error, context: context)
        }
        complete(&response, request: request, context: context)
        report(response, cause: cause, request: request, context: context, since: start)
        return response
    }

    /// What reads is stopped when nobody waits for it any more; what writes is done to its end.
    private func respondWhilePresent(to request: Request, context: ServerRequestContext) async throws -> Response {
        guard Self.onlyReads(request.method, request.uri.path) else {
            return try await router.respond(to: request, context: context)
        }
        do {
            return try await presence.whilePresent(context.channel) { [router] in
                try await router.respond(to: request, context: context)
            }
        } catch {
            // That it was stopped is no failure of the server, which its log should tell of.
            throw presence.hasLeft(context.channel) ? APIError.unavailable("the client has left") : error
        }
    }

    /// Rules that are tried come in a body, but change nothing.
    static func onlyReads(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        method == .get || method == .head || method == .post && path.hasSuffix("/redaction/try")
    }

    /// What the router cannot split or compare without doubt.
    private static func checkTarget(of request: Request) throws(APIError) {
        let target = request.head.path ?? ""
        guard target.utf8.count <= ServerSettings.targetBytes else {
            throw APIError(.badRequest, "the path and its query are longer than \(ServerSettings.targetBytes) bytes")
        }
        guard target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError(.badRequest, "the path holds characters that have to be percent-encoded")
        }
    }

    /// A path that exists, with a method that it does not have, is 405 (RFC 9110, section 15.5.6), not 404.
    private func refined(_ error: APIError, request: Request, context: ServerRequestContext) -> APIError {
        guard error.code == .notFound, context.endpointPath == ErrorTranslation.noRoute else { return error }
        let allowed = methods.methods(for: request.uri.path)
        guard !allowed.isEmpty else { return error }
        return APIError(
            .methodNotAllowed, "this path does not take this method",
            headers: [.allow: allowed.joined(separator: ", ")])
    }

    private func answer(to request: Request, for error: APIError, context: ServerRequestContext) -> Response {
        var response =
            PageRoutes.errorPage(for: error, request: request, context: context, environment: environment)
            ?? OTLPAnswer.refusal(for: error, request: request)
            ?? .json(
                ErrorEnvelope(requestID: context.requestID, code: error.code, message: error.message),
                status: error.status)
        for field in error.headers where field.name != .retryAfter || response.headers[.retryAfter] == nil {
            response.headers[field.name] = field.value
        }
        return response
    }

    private func complete(_ response: inout Response, request: Request, context: ServerRequestContext) {
        setCommonHeaders(&response.headers, status: response.status, requestID: context.requestID)
        if response.status.code >= 400, context.findings.rateLimit == nil {
            context.findings.rateLimit = environment.limiter.status(
                of: context.caller,
                peer: PeerAddress(of: request, context: context, settings: environment.settings),
                now: environment.now)
        }
        if let rateLimit = context.findings.rateLimit {
            response.headers[.xRateLimitLimit] = String(rateLimit.limit)
            response.headers[.xRateLimitRemaining] = String(rateLimit.remaining)
        }
        // Neither has content (RFC 9110, sections 9.3.2 and 15.3.5).
        if request.method == .head { response = response.createHeadResponse() }
        if response.status == .noContent { response.headers[.contentLength] = nil }
    }

    /// What every answer has, unless its route set it.
    private func setCommonHeaders(_ headers: inout HTTPFields, status: HTTPResponse.Status, requestID: String) {
        headers[.xRequestID] = requestID
        if headers[.xContentTypeOptions] == nil { headers[.xContentTypeOptions] = "nosniff" }
        if headers[.referrerPolicy] == nil { headers[.referrerPolicy] = "no-referrer" }
        if headers[.contentSecurityPolicy] == nil {
            headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        if environment.settings.tls != nil {
            headers[.strictTransportSecurity] = "max-age=31536000"
        }
        // Also where the route itself answers with an error, as ingest does when no line was good.
        if status.code >= 400 { headers[.accessControlAllowOrigin] = "*" }
    }

    /// The answer to bytes that are no request, which come to no route: 400 with the envelope, whatever was asked for.
    @Sendable func answerToNoHTTP(_ error: HTTPParserError) -> (head: HTTPResponse, body: ByteBuffer) {
        let requestID = RequestID.make(environment.dependencies.randomBytes)
        let message =
            switch error {
            case .headerOverflow:
                "the header is longer than \(ServerSettings.headerBytes) bytes or \(ServerSettings.headerFields) fields"
            case .invalidMethod: "there is no such method"
            default: "this is no request of HTTP/1.1"
            }
        let (head, body) = answer(APIError(.badRequest, message), requestID: requestID)
        note(
            RequestFacts(requestID: requestID, method: "other", route: "none", status: head.status.code, key: nil),
            duration: .zero)
        return (head, body)
    }

    /// An error as an answer that comes by no route.
    func answer(_ error: APIError, requestID: String) -> (head: HTTPResponse, body: ByteBuffer) {
        let envelope = ErrorEnvelope(requestID: requestID, code: error.code, message: error.message)
        let body = ByteBuffer(bytes: JSONWriter.bytes(of: envelope))
        var head = HTTPResponse(status: error.status, headerFields: error.headers)
        head.headerFields[.contentType] = "application/json"
        head.headerFields[.contentLength] = String(body.readableBytes)
        setCommonHeaders(&head.headerFields, status: head.status, requestID: requestID)
        return (head, body)
    }

    private func report(
        _ response: Response, cause: (any Error)?, request: Request, context: ServerRequestContext,
        since start: ContinuousClock.Instant
    ) {
        if let cause {
            environment.dependencies.logger.error(
                "request failed",
                metadata: ["request_id": "\(context.requestID)", "cause": "\(FailureCause.describe(cause))"])
        }
        note(
            RequestFacts(
                requestID: context.requestID, method: RequestMethodLabel.label(for: request.method),
                route: context.endpointPath.map { $0 == ErrorTranslation.noRoute ? "none" : $0 } ?? "none",
                status: response.status.code, key: context.caller?.id),
            duration: clock.now - start)
    }

    /// Counts, and writes the one line a request.
    func note(_ facts: RequestFacts, duration: Duration, at level: Logger.Level = .info) {
        environment.metrics.noteRequest(
            route: facts.route, method: facts.method, status: facts.status, duration: duration)
        environment.dependencies.logger.log(
            level: level, "request",
            metadata: [
                "request_id": "\(facts.requestID)", "method": "\(facts.method)", "route": "\(facts.route)",
                "status": "\(facts.status)", "duration_ms": "\(duration.milliseconds)",
                "key": "\(facts.key ?? "none")",
            ])
    }
}

/// What the log tells of a request. Its target and its headers stay out: they carry what clients should not have put there.
struct RequestFacts {
    var requestID: String
    var method: String
    /// A route's template, or a word from a closed set.
    var route: String
    var status: Int
    /// The caller's key, by its id.
    var key: String?
}

/// What of an error may stand in the log: a store's own words, and of all others the type alone, since a text that was
/// made elsewhere may quote what was sent.
enum FailureCause {
    static func describe(_ error: any Error) -> String {
        (error as? StoreError)?.description ?? String(reflecting: type(of: error))
    }
}

extension Duration {
    /// Milliseconds to two places.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return (Double(seconds) * 100_000 + Double(attoseconds) / 1e13).rounded() / 100
    }
}
