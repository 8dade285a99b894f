import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird
import NIOCore

/// Downloads of entries as HTTP Archives.
extension PageRoutes {
    func addHAR(to router: Router<ServerRequestContext>) {
        router.get("/teams/:team/logs/:entry/har") { request, context in
            try await answer(request, context) { visit in
                let (_, entry) = try await logEntry(visit, context.parameters)
                let bytes = HARDocument.head() + HARDocument.entry(entry) + HARDocument.tail
                return archive(entry.summary.id.description, ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
            }
        }
        router.get("/teams/:team/states/:state/har") { request, context in
            try await answer(request, context) { visit in try await stateArchive(visit, context.parameters) }
        }
    }

    /// All calls of a state, oldest first.
    private func stateArchive(_ visit: PageVisit, _ parameters: Parameters) async throws -> Response {
        let team = try await visit.team(parameters.get("team"))
        let stateID = try Self.id(parameters.get("state"))
        guard try await reader.state(team: team.id, id: stateID) != nil else { throw APIError.notFound("run") }
        var query = EntryQuery(teamID: team.id, order: .oldestFirst, limit: ArchiveBody.page)
        query.stateID = stateID
        let body = ArchiveBody(
            reader: reader, teamID: team.id, first: try await reader.entries(query), following: query)
        return archive(stateID, body.response)
    }

    private func archive(_ id: String, _ body: ResponseBody) -> Response {
        PageResponse.download(
            name: HARDocument.fileName(id), mediaType: "application/json; charset=utf-8", body: body)
    }
}
