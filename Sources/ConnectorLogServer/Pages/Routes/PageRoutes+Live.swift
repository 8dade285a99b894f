import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// The stream of what comes in for a flow state, while it is in progress.
extension PageRoutes {
    func addLive(to router: Router<ServerRequestContext>) {
        router.get("/teams/:team/states/:state/events") { request, context in
            try await answer(request, context) { visit in try await liveEvents(request, context, visit) }
        }
    }

    private func liveEvents(
        _ request: Request, _ context: ServerRequestContext, _ visit: PageVisit
    ) async throws -> Response {
        let team = try await visit.team(context.parameters.get("team"))
        let stateID = try Self.id(context.parameters.get("state"))
        guard try await reader.state(team: team.id, id: stateID) != nil else { throw APIError.notFound("run") }
        let feed = LiveFeed(
            reader: reader, team: team.id, stateID: stateID,
            failedOnly: visit.query["outcome"] == Outcome.failed.name, place: try Self.place(request, visit))
        let live = environment.dependencies.live
        guard let watch = live.watch(.init(team: team.id, stateID: stateID), keyID: visit.key.id) else {
            throw APIError(
                .serviceUnavailable, "there are as many live streams as there may be", headers: [.retryAfter: "30"])
        }
        let cookie = SessionCookie.value(inCookieField: request.headers[.cookie]) ?? ""
        let stream = LiveStream(
            routes: self, feed: feed, watch: watch, channel: context.channel, cookie: cookie)
        return PageResponse.stream(
            ResponseBody { writer in
                var stream = stream
                while let text = try await stream.next() { try await writer.write(ByteBuffer(string: text)) }
                try await writer.finish(nil)
            })
    }

    /// Where the page, or an earlier connection, has come to.
    private static func place(_ request: Request, _ visit: PageVisit) throws -> LivePlace {
        let last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] } ?? visit.query["since"]
        guard let last else { return .start }
        guard let place = LivePlace(last) else { throw APIError(.badRequest, "the address cannot be read") }
        return place
    }
}

/// One connection's stream. It ends with the state, with the session, when the client leaves, and when the server stops.
private struct LiveStream: Sendable {
    private enum Step {
        case greet, look, wait, end
    }

    let routes: PageRoutes
    var feed: LiveFeed
    let watch: LiveWatch
    let channel: any Channel
    let cookie: String
    private var step = Step.greet
    private var shown: FlowState?

    init(routes: PageRoutes, feed: LiveFeed, watch: LiveWatch, channel: any Channel, cookie: String) {
        (self.routes, self.feed, self.watch) = (routes, feed, watch)
        (self.channel, self.cookie) = (channel, cookie)
    }

    /// What to send next; nil at the end.
    mutating func next() async throws -> String? {
        switch step {
        case .greet:
            step = .look
            return LiveMessage.greeting
        case .wait:
            // What comes in within the pause is one look.
            guard await isThere({ await $0.pauseAndWait() != .over }) else { return nil }
            return try await look()
        case .look: return try await look()
        case .end: return nil
        }
    }

    private mutating func look() async throws -> String? {
        guard isSignedIn, let news = try await feed.news() else { return nil }
        step = .wait
        if news.state == shown, news.entries.isEmpty, news.faults.isEmpty { return LiveMessage.heartbeat }
        shown = news.state
        if news.state.status != .inProgress { step = .end }
        return LiveMessage(
            news, place: feed.place, now: routes.environment.now,
            renderEvent: { routes.templates.render($0, part: .eventRow) },
            renderFault: { routes.templates.render($0, part: .faultRow) }
        ).text
    }

    /// False when the client left meanwhile, or the server stops.
    private func isThere(_ wait: @escaping @Sendable (LiveWatch) async -> Bool) async -> Bool {
        let watch = watch
        return await withGracefulShutdownHandler {
            (try? await routes.environment.presence.whilePresent(channel) { await wait(watch) }) ?? false
        } onGracefulShutdown: {
            watch.end()
        }
    }

    private var isSignedIn: Bool {
        let environment = routes.environment
        return environment.sessions.caller(of: cookie, catalog: environment.catalog, now: environment.now) != nil
    }
}
