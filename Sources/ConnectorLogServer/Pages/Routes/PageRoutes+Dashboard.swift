import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird
import NIOCore

/// The dashboard, and its table as a file.
extension PageRoutes {
    func addDashboard(to router: Router<ServerRequestContext>) {
        show(router, "/") { visit, _ in try await dashboard(visit, try await visit.homeTeam()) }
        show(router, "/teams/:team") { visit, parameters in
            try await dashboard(visit, try await visit.team(parameters.get("team")))
        }
        router.get("/teams/:team/flows.csv") { request, context in
            try await answer(request, context) { visit in try await flowsCSV(visit, context.parameters) }
        }
    }

    private func dashboard(_ visit: PageVisit, _ team: PageVisit.TeamView) async throws -> any PageModel {
        let filter = Self.dashboardFilter(visit.query)
        let now = environment.now
        let buckets = filter.range.buckets(now: now)
        async let table = sortedFlows(team.id, filter, now: now)
        async let launches = reader.launches(
            LaunchQuery(teamID: team.id, buckets: buckets, search: filter.search))
        // A search chooses flows, and what it leaves of them chooses the calls and faults.
        let chosen = filter.search == nil ? nil : Set(try await table.flows.map(\.flowID))
        var faultQuery = FaultCountQuery(teamID: team.id, buckets: buckets)
        faultQuery.flowIDs = chosen
        async let faults = reader.faultCounts(faultQuery)
        var callQuery = CallStatisticsQuery(teamID: team.id, buckets: buckets)
        callQuery.flowIDs = chosen
        let calls = try await reader.statistics(callQuery)
        let (flows, isCut) = try await table
        return DashboardPage(
            viewer: team.viewer, team: team.id,
            answers: .init(
                flows: flows, isCut: isCut, launches: try await launches, faults: try await faults, calls: calls),
            filter: filter, page: Self.page(visit.query), rowsPerPage: Self.flowsPerPage, now: now)
    }

    private func flowsCSV(_ visit: PageVisit, _ parameters: Parameters) async throws -> Response {
        let team = try await visit.team(parameters.get("team"))
        let (flows, _) = try await sortedFlows(team.id, Self.dashboardFilter(visit.query), now: environment.now)
        return PageResponse.download(
            name: FlowsCSV.fileName, mediaType: "text/csv; charset=utf-8; header=present",
            body: ResponseBody(byteBuffer: ByteBuffer(string: FlowsCSV.text(flows))))
    }

    /// The flows that the filter leaves, the latest active first as far as `FlowSort.flowLimit`, sorted.
    private func sortedFlows(
        _ team: Int64, _ filter: DashboardPage.Filter, now: Timestamp
    ) async throws -> (flows: [FlowSummary], isCut: Bool) {
        var query = FlowQuery(teamID: team, limit: FlowSort.flowLimit)
        query.search = filter.search
        (query.from, query.to) = filter.range.bounds(now: now)
        let page = try await reader.flows(query)
        return (filter.sort.sorted(page.rows), page.next != nil)
    }

    private static func dashboardFilter(_ query: PageForm) -> DashboardPage.Filter {
        DashboardPage.Filter(
            search: query["search"].map { String($0.prefix(255)) }, range: PageRange(query), sort: FlowSort(query))
    }

    /// Which page of a list that is known as a whole: 1 when the address tells none.
    static func page(_ query: PageForm) -> Int {
        query["page"].flatMap { Int($0) }.map { min(max($0, 1), 100_000) } ?? 1
    }
}
