import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// Sign-in and sign-out.
extension PageRoutes {
    /// Bytes of a form: a key, a token and an address.
    static let formBytes = 16_384

    func addSession(to router: Router<ServerRequestContext>) {
        router.get(RouterPath(PageAddress.signIn)) { request, _ in
            let next = SignInPage.localAddress(PageForm(request.uri.query)["next"])
            guard sessions.session(of: request) == nil else {
                return PageResponse.redirect(to: next ?? PageAddress.dashboard)
            }
            return signInForm(request, next: next)
        }
        router.post(RouterPath(PageAddress.signIn)) { request, context in
            try signIn(request, context, try await Self.form(request))
        }
        router.post(RouterPath(PageAddress.signOut)) { request, _ in
            try signOut(request, try await Self.form(request))
        }
    }

    static func form(_ request: Request, limit: Int = formBytes) async throws -> PageForm {
        try MediaType.require("application/x-www-form-urlencoded", in: request)
        let bytes = try await RequestBodyBytes.collect(request, limit: limit)
        return PageForm(String(decoding: bytes, as: UTF8.self))
    }

    private func signInForm(
        _ request: Request, next: String?, problem: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        let guest = sessions.guest(of: request)
        var response = PageResponse.html(
            render(
                SignInPage(
                    next: next, token: guest.token, problem: problem, hasEnded: sessions.hasEnded(request),
                    isFormLost: PageForm(request.uri.query)["lost"] != nil)),
            status: status,
            PageEncoding(request))
        if let cookie = guest.cookie { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }

    private func signIn(_ request: Request, _ context: ServerRequestContext, _ form: PageForm) throws -> Response {
        let next = SignInPage.localAddress(form["next"])
        guard sessions.isGuestToken(form["csrf_token"], of: request) else {
            return signInForm(
                request, next: next, problem: "This form was open for too long. Please try again.", status: .forbidden)
        }
        let now = environment.now
        let hash = Authentication.hash(of: form["key"]?.trimmed ?? "")
        guard let key = environment.catalog.key(hash: hash), key.isValid(at: now) else {
            environment.metrics.noteFailedAuthentication()
            let peer = PeerAddress(of: request, context: context, settings: environment.settings)
            if let status = environment.limiter.noteFailure(of: peer, now: now), status.isExceeded {
                throw APIError(
                    .tooManyRequests, "too many attempts",
                    headers: [.retryAfter: String(status.retryAfterSeconds ?? 1)])
            }
            return signInForm(
                request, next: next, problem: "This key is not known here, was revoked or has expired.",
                status: .unauthorized)
        }
        guard key.role.reads else {
            return signInForm(
                request, next: next, problem: "This key only records. Reading takes a key of another role.",
                status: .forbidden)
        }
        context.findings.caller = key
        environment.catalog.noteUse(ofKey: key.id, at: now)
        var response = PageResponse.redirect(to: next ?? PageAddress.dashboard)
        response.headers.append(HTTPField(name: .setCookie, value: sessions.begin(key)))
        return response
    }

    /// Without a session there is nothing to end, and no token to ask for.
    private func signOut(_ request: Request, _ form: PageForm) throws -> Response {
        if sessions.session(of: request) != nil, !sessions.isToken(form["csrf_token"], of: request) {
            throw APIError(.forbidden, "the form is not of this session")
        }
        var response = PageResponse.redirect(to: PageAddress.signIn)
        response.headers.append(HTTPField(name: .setCookie, value: sessions.end))
        return response
    }
}
