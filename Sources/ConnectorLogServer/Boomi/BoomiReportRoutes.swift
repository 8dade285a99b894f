import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Reports of Boomi Flow: `POST /api/reporting/1/events` and `.../states`. Boomi posts all of them to the one address that it
/// is given, so that either takes events and states.
enum BoomiReportRoutes {
    @Sendable static func post(_ call: RouteCall) async throws -> Response {
        let team = try call.teamOfKey()
        try MediaType.require("application/json", in: call.request)
        let encoding = try IngestFormat.Encoding(of: call.request)
        let length = try RequestBodyBytes.contentLength(of: call.request)
        if let length, length > BoomiLimits.requestBytes {
            throw APIError(.contentTooLarge, "a report has at most \(BoomiLimits.requestBytes) bytes")
        }
        let intake = call.environment.dependencies.boomi
        let take = {
            let open = OpenReport(intake.makeSession(team: team, encoding: encoding))
            var received = 0
            try await RequestBodyBytes.forEachChunk(of: call.request) { chunk in
                received += chunk.readableBytes
                try chunk.withUnsafeReadableBytes { bytes throws(IngestError) in try open.feed(bytes) }
            }
            // A stream that was cut off must not pass for a whole one.
            if let length, received != length { throw APIError(.badRequest, "the body is shorter than Content-Length") }
            let outcome = try await open.finish()
            call.environment.metrics.noteIngest(bytes: received)
            return try answer(outcome, call)
        }
        do {
            if let length, length < IngestRoute.leastBytesForThreads, encoding == .identity { return try await take() }
            return try await withTaskExecutorPreference(IngestRoute.threads) { try await take() }
        } catch let error as IngestError {
            throw APIError(ingest: error)
        }
    }

    /// 204 also where some of the events were wrong: Boomi would send the good ones again with them.
    private static func answer(_ outcome: BoomiOutcome, _ call: RouteCall) throws(APIError) -> Response {
        call.environment.metrics.noteBoomi(outcome)
        call.noteRejections(outcome.rejected, outcome.firstRejected)
        if outcome.isUnknownAmongThem, call.environment.unknownEvents.isFirst() {
            // The type itself is a text of the sender's.
            call.environment.dependencies.logger.notice("events of an unknown type are passed over, and counted")
        }
        if let rejection = outcome.firstRejection, outcome.taken + outcome.skipped == 0 {
            throw APIError(.unprocessableEntity, rejection.prefix(scalars: 255))
        }
        return .noContent
    }
}

/// A report under way. A class, because swiftc 6.3 does not come to an end on a closure of an asynchronous function that
/// captures a noncopyable variable.
private final class OpenReport {
    private var session: BoomiSession?

    init(_ session: consuming BoomiSession) {
        self.session = consume session
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        try session?.feed(bytes)
    }

    /// Once.
    func finish() async throws(IngestError) -> BoomiOutcome {
        guard let session = session.take() else {
            throw IngestError(.overloaded, "the request is finished already")
        }
        return try await session.finish()
    }
}

extension RouteCall {
    /// The team of the key, or, of a key that reaches all teams, the one that the query names in `team`.
    func teamOfKey() throws(APIError) -> Int64 {
        guard let key else { throw APIError(.unauthorized, "this call needs an API key") }
        let named = try query.value("team", "is an integer of 1 or more") { text in
            text.utf8.allSatisfy { $0 &- 48 <= 9 } ? Int64(text).flatMap { $0 >= 1 ? $0 : nil } : nil
        }
        guard let team = named ?? key.teamID else {
            throw APIError(.badRequest, "this key is of no team: name one, as ?team=1")
        }
        guard key.mayReach(team: team) else { throw APIError(.forbidden, "this key is of another team") }
        guard environment.catalog.hasTeam(team) else { throw .notFound("team") }
        return team
    }
}
