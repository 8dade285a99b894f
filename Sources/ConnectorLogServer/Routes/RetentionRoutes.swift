import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// How long a team's records are kept.
enum RetentionRoutes {
    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        let own = try await call.environment.catalog.retention(team: call.teamID)
        return .json(RetentionDocument(own ?? call.environment.settings.retention, isDefault: own == nil))
    }

    @Sendable static func set(_ call: RouteCall) async throws -> Response {
        let members = try await call.jsonBody().members()
        try members.allowOnly(["entries_days", "details_days"])
        let entryDays = try members.nullableInteger("entries_days", Retention.days)
        let detailDays = try members.nullableInteger("details_days", Retention.days)
        guard let retention = Retention(entryDays: entryDays, detailDays: detailDays) else {
            throw APIError(.unprocessableEntity, "details_days is at most entries_days")
        }
        guard try await call.environment.catalog.setRetention(retention, team: call.teamID) else {
            throw APIError.notFound("team")
        }
        return .json(RetentionDocument(retention, isDefault: false))
    }

    @Sendable static func reset(_ call: RouteCall) async throws -> Response {
        guard try await call.environment.catalog.setRetention(nil, team: call.teamID) else {
            throw APIError.notFound("team")
        }
        return .noContent
    }
}
