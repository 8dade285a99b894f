import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird
import NIOCore

/// Insights and Connector Log.
extension PageRoutes {
    func insights(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let team = try await visit.team(parameters.get("team"))
        let flowID = try Self.id(parameters.get("flow"))
        let filter = try Self.statesFilter(visit.query)
        var query = statesQuery(team: team.id, flowID: flowID, filter: filter)
        query.limit = Self.rowsPerPage
        let cursors = PageCursors(
            codec: environment.cursors, path: PageAddress.flow(team.id, flowID),
            filters: filter.query().map(\.value))
        query.after = try cursors.named(visit.query["cursor"])
        let page = try await reader.states(query)
        // The name comes from the latest state, whatever the filters leave.
        let latest = try await reader.states(StateQuery(teamID: team.id, flowID: flowID, limit: 1))
        guard let latest = latest.rows.first else { throw APIError.notFound("run") }
        return InsightsPage(
            viewer: team.viewer, team: team.id, flowID: flowID,
            flowName: latest.flowName ?? page.rows.lazy.compactMap(\.flowName).first, states: page.rows, filter: filter,
            cursor: visit.query["cursor"], next: cursors.text(page.next), now: environment.now)
    }

    /// The filtered rows of Insights, all of them, written page by page: memory stays bounded whatever a flow has.
    func statesCSV(_ visit: PageVisit, _ parameters: Parameters) async throws -> Response {
        let team = try await visit.team(parameters.get("team"))
        let flowID = try Self.id(parameters.get("flow"))
        let query = statesQuery(team: team.id, flowID: flowID, filter: try Self.statesFilter(visit.query))
        let first = try await reader.states(query)
        let (reader, now) = (reader, environment.now)
        let body = ResponseBody { writer in
            var query = query
            var page = first
            var text = StatesCSV.header
            while true {
                for state in page.rows { text += StatesCSV.row(state, now: now) }
                try await writer.write(ByteBuffer(string: text))
                guard let next = page.next else { break }
                query.after = next
                page = try await reader.states(query)
                text = ""
            }
            try await writer.finish(nil)
        }
        return PageResponse.download(
            name: StatesCSV.fileName(flowID: flowID), mediaType: "text/csv; charset=utf-8; header=present", body: body)
    }

    func connectorLog(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let team = try await visit.team(parameters.get("team"))
        let stateID = try Self.id(parameters.get("state"))
        guard let state = try await reader.state(team: team.id, id: stateID) else {
            throw APIError.notFound("run")
        }
        let filter = ConnectorLogPage.Filter(
            failedOnly: visit.query["outcome"] == Outcome.failed.name,
            order: visit.query["order"] == "newest" ? .newestFirst : .oldestFirst)
        var query = EntryQuery(teamID: team.id, order: filter.order, limit: Self.eventsPerPage)
        query.stateID = stateID
        query.outcome = filter.failedOnly ? .failed : nil
        let cursors = PageCursors(
            codec: environment.cursors, path: PageAddress.log(team.id, state: stateID),
            filters: filter.query().map(\.value))
        query.after = try cursors.position(visit.query["cursor"])
        // Before the rows: what comes in between is told of once more, and the page knows it by its id.
        let place =
            state.status == .inProgress
            ? try await LiveFeed.place(reader: reader, state: state, failedOnly: filter.failedOnly) : nil
        let entries = try await reader.entries(query)
        var faultQuery = FaultQuery(teamID: team.id, order: .oldestFirst, limit: Self.eventsPerPage)
        faultQuery.stateID = stateID
        let faults = try await reader.faults(faultQuery)
        return ConnectorLogPage(
            viewer: team.viewer, state: state, entries: entries.rows, faults: faults.rows, filter: filter,
            cursor: visit.query["cursor"], next: cursors.text(entries.next), now: environment.now,
            place: place)
    }

    // MARK: - Reading addresses

    /// An id out of a path segment.
    static func id(_ segment: String?) throws -> String {
        guard let id = segment.flatMap({ PageAddress.decode($0) }) else {
            throw APIError(.badRequest, "the address cannot be read")
        }
        return id
    }

    private static func statesFilter(_ query: PageForm) throws -> InsightsPage.Filter {
        let status = try query["status"].map { text in
            guard let status = FlowState.Status(rawValue: text) else {
                throw APIError(.badRequest, "the address cannot be read")
            }
            return status
        }
        return InsightsPage.Filter(status: status, range: PageRange(query, offered: PageRange.named))
    }

    private func statesQuery(team: Int64, flowID: String, filter: InsightsPage.Filter) -> StateQuery {
        var query = StateQuery(teamID: team, flowID: flowID, limit: 1000)
        query.status = filter.status
        (query.from, query.to) = filter.range.bounds(now: environment.now)
        return query
    }
}
