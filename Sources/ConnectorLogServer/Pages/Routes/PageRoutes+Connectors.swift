import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Hummingbird

/// Connectors, and one of them with its log.
extension PageRoutes {
    func addConnectors(to router: Router<ServerRequestContext>) {
        show(router, "/teams/:team/connectors", connectors)
        show(router, "/teams/:team/connectors/:connector", connector)
    }

    private func connectors(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let team = try await visit.team(parameters.get("team"))
        let (range, now) = (PageRange(visit.query), environment.now)
        let known = try await visit.catalog.connectors(team: team.id, withConfigurations: false)
        let statistics = try await reader.statistics(
            CallStatisticsQuery(teamID: team.id, buckets: range.buckets(now: now, atMost: 2)))
        return ConnectorsPage(
            viewer: team.viewer, team: team.id, connectors: known, groups: statistics.groups,
            search: visit.query["search"].map { String($0.prefix(255)) }, range: range, page: Self.page(visit.query),
            rowsPerPage: Self.rowsPerPage, now: now)
    }

    private func connector(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let team = try await visit.team(parameters.get("team"))
        let identifier = try Self.id(parameters.get("connector"))
        guard Connector.isIdentifier(identifier) else { throw APIError.notFound("connector") }
        let known = try await visit.catalog.connector(team: team.id, identifier: identifier)
        let now = environment.now
        let filter = ConnectorPage.Filter(
            range: PageRange(visit.query), failedOnly: visit.query["outcome"] == Outcome.failed.name,
            event: visit.query["event"].map { String($0.prefix(Limits.identifier)) })
        let buckets = filter.range.buckets(now: now)
        var calls = CallStatisticsQuery(teamID: team.id, buckets: buckets, grouping: .event)
        calls.connector = identifier
        async let statistics = reader.statistics(calls)
        var query = EntryQuery(teamID: team.id, limit: Self.rowsPerPage)
        query.connector = identifier
        query.outcome = filter.failedOnly ? .failed : nil
        query.event = filter.event
        (query.from, query.to) = (buckets.from, buckets.to)
        let cursors = PageCursors(
            codec: environment.cursors, path: PageAddress.connector(team.id, identifier),
            filters: filter.query().map(\.value))
        query.after = try cursors.position(visit.query["cursor"])
        let entries = try await reader.entries(query)
        let answers = ConnectorPage.Answers(
            connector: known, statistics: try await statistics, entries: entries.rows,
            next: cursors.text(entries.next), secretNames: try await secretNames(visit, team.id, identifier),
            keepsBodies: try await keepsBodies(team.id, identifier))
        if known == nil, entries.rows.isEmpty, try await !hasCalled(team.id, identifier) {
            throw APIError.notFound("connector")
        }
        return ConnectorPage(
            viewer: team.viewer, team: team.id, identifier: identifier, answers: answers, filter: filter,
            cursor: visit.query["cursor"], now: now)
    }

    /// At any time: one that was deleted keeps its log.
    private func hasCalled(_ team: Int64, _ identifier: String) async throws -> Bool {
        var query = EntryQuery(teamID: team, limit: 1)
        query.connector = identifier
        return try await !reader.entries(query).rows.isEmpty
    }

    /// Nil when the key may not list them by the API either.
    func secretNames(_ visit: PageVisit, _ team: Int64, _ connector: String) async throws -> [String]? {
        guard Route.listConnectorSecrets.access.permits(visit.key) else { return nil }
        return try await environment.vault.secrets(team: team, connector: connector).map(\.name)
    }

    private func keepsBodies(_ team: Int64, _ connector: String) async throws -> Bool {
        !(try await environment.vault.rules(team: team)).connectorsWithoutBodies.contains(connector)
    }
}
