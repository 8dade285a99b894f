import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogInvoker
import ConnectorLogSecrets
import HTTPTypes
import Hummingbird

/// Where the invoker sends a connector's calls. Who may set a configuration by the API may set this part of it here.
extension PageRoutes {
    /// Bytes of the form: as many headers as there may be, their values percent-encoded.
    private static let invokerFormBytes =
        ConnectorTarget.Limits.headers * (3 * ConnectorTarget.Limits.headerValueBytes + 1024)

    func addInvoker(to router: Router<ServerRequestContext>) {
        let path: RouterPath = "/teams/:team/connectors/:connector/invoker"
        show(router, path) { visit, parameters in
            let team = try await visit.team(parameters.get("team"))
            var attempt = InvokerPage.Attempt()
            attempt.done = visit.query["done"]
            return try await invokerPage(visit, team, try await configured(team.id, parameters), attempt)
        }
        submit(
            router,
            under: { team, parameters in
                guard let identifier = try? Self.id(parameters.get("connector")), Connector.isIdentifier(identifier)
                else { return PageAddress.connectors(team) }
                return PageAddress.invoker(team, identifier)
            }, path, limit: Self.invokerFormBytes, saveInvoker)
    }

    /// The connector that an address names.
    private func configured(_ team: Int64, _ parameters: Parameters) async throws -> Connector {
        let identifier = try Self.id(parameters.get("connector"))
        guard Connector.isIdentifier(identifier),
            let connector = try await environment.catalog.connector(team: team, identifier: identifier)
        else { throw APIError.notFound("connector") }
        return connector
    }

    private func invokerPage(
        _ visit: PageVisit, _ team: PageVisit.TeamView, _ connector: Connector, _ attempt: InvokerPage.Attempt
    ) async throws -> InvokerPage {
        InvokerPage(
            viewer: team.viewer, team: team.id, connector: connector, origin: visit.origin,
            secretNames: try await secretNames(visit, team.id, connector.identifier),
            mayChange: Route.updateConnector.access.permits(visit.key), attempt: attempt)
    }

    private func saveInvoker(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.updateConnector)
        let connector = try await configured(submission.team.id, submission.parameters)
        let (present, form) = (
            InvokerForm(configuration: connector.configuration.json), InvokerForm(submission.form)
        )
        let policy = environment.vault.book.policy(team: submission.team.id, connector: connector.identifier)
        var attempt = InvokerPage.Attempt()
        attempt.loaded = submission.form["loaded_settings"]
        var shown = form
        // What the invoker says of a field comes before what redaction says of it.
        attempt.problems = shown.takeOutSecrets { policy.redacted($0, dropped: "") }
            .merging(form.problems(replacing: present)) { $1 }
        attempt.form = shown
        guard attempt.problems.isEmpty else {
            return try await answer(submission, connector, attempt, status: .unprocessableContent)
        }
        guard present.digest == attempt.loaded else { return try await outdated(submission, attempt) }
        // As the API does: the rest may hold what is a secret by now.
        let configuration = form.configuration(in: connector.configuration.json).map {
            policy.redacted($0, dropped: "")
        }
        guard let configuration, !configuration.isEmpty else {
            attempt.problem = "The connector’s configuration cannot be changed here. Set it anew by the API."
            return try await answer(submission, connector, attempt, status: .unprocessableContent)
        }
        switch try await environment.catalog.replaceConfiguration(
            team: submission.team.id, identifier: connector.identifier, version: connector.configuration.version,
            json: configuration, at: environment.now)
        {
        case .replaced: break
        case .connectorMissing: throw APIError.notFound("connector")
        case .otherVersion: return try await outdated(submission, attempt)
        }
        try await note(.updateConnector, submission, target: connector.identifier)
        return PageResponse.redirect(
            to: PageAddress.address(
                PageAddress.invoker(submission.team.id, connector.identifier),
                query: [("done", form.baseURL.isEmpty ? "off" : "saved")]))
    }

    private func outdated(_ submission: PageSubmission, _ attempt: InvokerPage.Attempt) async throws -> Response {
        let connector = try await configured(submission.team.id, submission.parameters)
        var attempt = attempt
        attempt.isOutdated = true
        // To save once more is to mean it.
        attempt.loaded = InvokerForm(configuration: connector.configuration.json).digest
        return try await answer(submission, connector, attempt, status: .conflict)
    }

    private func answer(
        _ submission: PageSubmission, _ connector: Connector, _ attempt: InvokerPage.Attempt,
        status: HTTPResponse.Status
    ) async throws -> Response {
        let page = try await invokerPage(submission.visit, submission.team, connector, attempt)
        return PageResponse.html(render(page), status: status, submission.visit.encoding)
    }
}
