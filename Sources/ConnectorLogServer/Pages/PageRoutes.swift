import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// The pages' part of the router: what a browser gets. Pages read through the ports, and change nothing but the session, and
/// what removes secrets.
struct PageRoutes: Sendable {
    /// Rows of one page of a list.
    static let rowsPerPage = 50
    /// Below the charts of the dashboard.
    static let flowsPerPage = 25
    static let eventsPerPage = 100

    let environment: ServerEnvironment
    let sessions: PageSessions
    let templates: PageTemplates

    /// Throws when a template does not parse.
    private init(environment: ServerEnvironment) throws {
        self.environment = environment
        sessions = PageSessions(environment: environment)
        templates = try PageTemplates.compiled.get()
    }

    var reader: any LogReader { environment.reader }

    /// Adds the routes of all pages. Throws when a template does not parse: the server must not start then.
    static func add(to router: Router<ServerRequestContext>, environment: ServerEnvironment) throws {
        try PageRoutes(environment: environment).add(to: router)
    }

    private func add(to router: Router<ServerRequestContext>) {
        addSession(to: router)
        addDashboard(to: router)
        addConnectors(to: router)
        addInvoker(to: router)
        addSearch(to: router)
        addSettings(to: router)
        addRedaction(to: router)
        addHAR(to: router)
        addLive(to: router)
        for asset in PageAssets.all {
            router.get(RouterPath(asset.address)) { request, _ in PageResponse.asset(asset, PageEncoding(request)) }
        }
        show(router, "/teams/:team/flows/:flow", insights)
        show(router, "/teams/:team/states/:state/log", connectorLog)
        show(router, "/teams/:team/logs/:entry", entry)
        show(router, "/teams/:team/logs/:entry/failures", failures)
        show(router, "/teams/:team/faults/:fault", fault)
        for part in PageAddress.FaultPart.allCases {
            show(router, "/teams/:team/faults/:fault/\(part.rawValue)") { visit, parameters in
                try await faultPart(visit, parameters, part)
            }
        }
        router.get("/teams/:team/flows/:flow/states.csv") { request, context in
            try await answer(request, context) { visit in try await statesCSV(visit, context.parameters) }
        }
    }

    // MARK: - Showing

    func show(
        _ router: Router<ServerRequestContext>, _ path: RouterPath,
        _ model: @escaping @Sendable (PageVisit, Parameters) async throws -> any PageModel
    ) {
        router.get(path) { request, context in
            try await answer(request, context) { visit in
                PageResponse.html(render(try await model(visit, context.parameters)), PageEncoding(request))
            }
        }
    }

    func render(_ page: some PageModel) -> String { templates.render(page) }

    /// Runs `make` for a reader who is signed in; sends any other to the sign-in page.
    func answer(
        _ request: Request, _ context: ServerRequestContext, _ make: (PageVisit) async throws -> Response
    ) async throws -> Response {
        guard let session = sessions.session(of: request) else { return signInFirst(request) }
        context.findings.caller = session.key
        guard session.key.role.reads else { throw APIError(.forbidden, "this key only records") }
        environment.catalog.noteUse(ofKey: session.key.id, at: environment.now)
        return try await make(
            PageVisit(
                key: session.key, csrfToken: session.csrfToken, query: PageForm(request.uri.query),
                encoding: PageEncoding(request), origin: Origin.of(request, settings: environment.settings),
                catalog: environment.catalog))
    }

    /// To the sign-in page, and back here after it.
    ///
    /// A browser that follows a link from another site leaves the cookie at home (SameSite=Strict), also for a reader who is
    /// signed in: such a request gets a page that asks again from here, with the cookie.
    private func signInFirst(_ request: Request) -> Response {
        let address = SignInPage.localAddress(request.uri.path + (request.uri.query.map { "?\($0)" } ?? ""))
        if let address, let site = HTTPField.Name("Sec-Fetch-Site"), request.headers[site] == "cross-site" {
            return PageResponse.html(render(BouncePage(address: address)), PageEncoding(request))
        }
        return PageResponse.redirect(
            to: PageAddress.address(PageAddress.signIn, query: [("next", address == "/" ? nil : address)]))
    }

    // MARK: - Errors

    /// The page for a request that failed, when it came from a reader's browser for a page; nil for the API's envelope.
    static func errorPage(
        for error: APIError, request: Request, context: ServerRequestContext, environment: ServerEnvironment
    ) -> Response? {
        guard isForReader(request), let routes = try? PageRoutes(environment: environment) else { return nil }
        let session = routes.sessions.session(of: request)
        let viewer = session.map {
            PageFrame.Viewer(keyName: $0.key.name, team: nil, teams: [], csrfToken: $0.csrfToken)
        }
        let page = ErrorPage(status: error.code.status, requestID: context.requestID, viewer: viewer)
        return PageResponse.html(routes.render(page), status: error.status, PageEncoding(request))
    }

    /// Whether a page was asked for: its address is one of pages, or none of the API, and a browser asks.
    private static func isForReader(_ request: Request) -> Bool {
        let segments = request.uri.path.split(separator: "/", maxSplits: 1)
        switch segments.first {
        case "teams", "sign-in", "sign-out": return true
        case "v1", "healthz", "readyz", "metrics", "openapi.yaml": return false
        default: return request.headers[.accept]?.contains("text/html") ?? false
        }
    }
}
