import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// One entry, its failures, one root fault and its parts.
extension PageRoutes {
    func entry(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let (viewer, entry) = try await logEntry(visit, parameters)
        return EntryPage(
            viewer: viewer, entry: entry, neighbours: try await neighbours(of: entry.summary),
            traceLink: environment.settings.traceURL.flatMap { TraceLink(template: $0) })
    }

    func failures(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let (viewer, entry) = try await logEntry(visit, parameters)
        return FailuresPage(viewer: viewer, entry: entry, faults: try await faults(of: entry.summary))
    }

    func fault(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let (viewer, fault) = try await rootFault(visit, parameters)
        return FaultPage(viewer: viewer, fault: fault)
    }

    func faultPart(
        _ visit: PageVisit, _ parameters: Parameters, _ part: PageAddress.FaultPart
    ) async throws -> any PageModel {
        let (viewer, fault) = try await rootFault(visit, parameters)
        return FaultPartPage(viewer: viewer, fault: fault, part: part)
    }

    // MARK: - Reading

    func logEntry(
        _ visit: PageVisit, _ parameters: Parameters
    ) async throws -> (PageFrame.Viewer, LogEntry) {
        let team = try await visit.team(parameters.get("team"))
        guard let id = parameters.get("entry").flatMap({ EntryID($0) }),
            let entry = try await reader.entry(team: team.id, id: id)
        else { throw APIError.notFound("log entry") }
        return (team.viewer, entry)
    }

    private func neighbours(of summary: EntrySummary) async throws -> EntryPage.Neighbours {
        guard let stateID = summary.stateID else { return EntryPage.Neighbours() }
        func first(_ order: PageOrder, after: PagePosition?, outcome: Outcome? = nil) async throws -> EntryID? {
            var query = EntryQuery(teamID: summary.teamID, order: order, limit: 1)
            query.stateID = stateID
            query.after = after
            query.outcome = outcome
            return try await reader.entries(query).rows.first?.id
        }
        let place = PagePosition(time: summary.logTime, id: summary.id)
        return EntryPage.Neighbours(
            previous: try await first(.newestFirst, after: place), next: try await first(.oldestFirst, after: place),
            firstFailed: try await first(.oldestFirst, after: nil, outcome: .failed))
    }

    private func rootFault(
        _ visit: PageVisit, _ parameters: Parameters
    ) async throws -> (PageFrame.Viewer, RootFault) {
        let team = try await visit.team(parameters.get("team"))
        guard let id = parameters.get("fault").flatMap({ EntryID($0) }),
            let fault = try await reader.fault(team: team.id, id: id)
        else { throw APIError.notFound("root fault") }
        return (team.viewer, fault)
    }

    /// The root faults that name this call by its request id: those of its state, as far as one query reaches.
    private func faults(of summary: EntrySummary) async throws -> [RootFault] {
        guard let stateID = summary.stateID, let requestID = summary.requestID else { return [] }
        var query = FaultQuery(teamID: summary.teamID, order: .oldestFirst, limit: 1000)
        query.stateID = stateID
        return try await reader.faults(query).rows.filter { $0.entryRequestID == requestID }
    }
}
