import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// A form that a reader who is signed in sent, from a page of the same session.
struct PageSubmission: Sendable {
    let visit: PageVisit
    let team: PageVisit.TeamView
    let form: PageForm
    let parameters: Parameters
    let requestID: String

    /// Throws 403 unless the key may call this route of the API.
    func require(_ route: Route) throws(APIError) {
        guard route.access.permits(visit.key) else { throw APIError(.forbidden, "this key may not change this") }
    }
}

extension PageRoutes {
    /// Each form takes from the key's budget, as the same change by the API does.
    ///
    /// - Parameters:
    ///   - page: the address of the page that has the form, for those who have to sign in first: the form's own address
    ///     answers no GET.
    ///   - limit: bytes of the form.
    func submit(
        _ router: Router<ServerRequestContext>, under page: @escaping @Sendable (_ team: Int64) -> String,
        _ path: RouterPath, limit: Int, _ handle: @escaping @Sendable (PageSubmission) async throws -> Response
    ) {
        submit(router, under: { team, _ in page(team) }, path, limit: limit, handle)
    }

    /// The same for a page whose address has more than the team in it.
    func submit(
        _ router: Router<ServerRequestContext>,
        under page: @escaping @Sendable (_ team: Int64, _ parameters: Parameters) -> String,
        _ path: RouterPath, limit: Int, _ handle: @escaping @Sendable (PageSubmission) async throws -> Response
    ) {
        router.post(path) { request, context in
            guard sessions.session(of: request) != nil else {
                let team = context.parameters.get("team").flatMap { Int64($0) }
                let next = team.map { page($0, context.parameters) }
                return PageResponse.redirect(
                    to: PageAddress.address(PageAddress.signIn, query: [("next", next), ("lost", "1")]))
            }
            return try await answer(request, context) { visit in
                try Authentication(environment: environment).charge(visit.key, context: context)
                let form = try await Self.form(request, limit: limit)
                guard sessions.isToken(form["csrf_token"], of: request) else {
                    throw APIError(.forbidden, "the form is not of this session")
                }
                guard !form.hasNull else { throw APIError(.badRequest, "the form holds U+0000") }
                return try await handle(
                    PageSubmission(
                        visit: visit, team: try await visit.team(context.parameters.get("team")), form: form,
                        parameters: context.parameters, requestID: context.requestID))
            }
        }
    }

    /// Writes down what a form changed, as the audit of the API does.
    func note(_ route: Route, _ submission: PageSubmission, target: String?) async throws {
        try await AuditTrail(environment: environment).note(
            route, by: submission.visit.key, team: route.isOfTeam ? submission.team.id : nil, target: target,
            requestID: submission.requestID)
    }
}
