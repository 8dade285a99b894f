import ConnectorLogAPI
import ConnectorLogCore
package import ConnectorLogIngest
import HTTPTypes
import Hummingbird
import NIOCore

/// The way in: the body goes chunk by chunk to the ingest pipeline, so that no request is held whole.
enum IngestRoute {
    @Sendable static func post(_ call: RouteCall) async throws -> Response {
        guard let key = call.key else { throw APIError(.unauthorized, "this call needs an API key") }
        let format = try IngestFormat(of: call)
        let caller = try caller(for: key, writingTo: format.defaults.team, call)
        let idempotencyKey = try idempotencyKey(in: call.request)
        let pipeline = call.environment.dependencies.pipeline
        let length = try RequestBodyBytes.contentLength(of: call.request)
        if let length, length > pipeline.limits.requestBytes {
            throw APIError(.contentTooLarge, "a request has at most \(pipeline.limits.requestBytes) bytes")
        }
        let take = {
            let open = OpenSession(
                pipeline.makeSession(
                    format: format, caller: caller, hasIdempotencyKey: idempotencyKey != nil))
            var received = 0
            try await RequestBodyBytes.forEachChunk(of: call.request) { chunk in
                received += chunk.readableBytes
                try open.feed(chunk)
            }
            // A stream that was cut off must not pass for a whole one.
            if let length, received != length { throw APIError(.badRequest, "the body is shorter than Content-Length") }
            call.environment.metrics.noteIngest(bytes: received)
            let requestID = call.context.requestID
            let result = try await open.finish(idempotencyKey: idempotencyKey, requestID: requestID)
            return answer(result, call)
        }
        do {
            // What is short is done before another thread is awake; what is compressed may be long.
            if let length, length < leastBytesForThreads, format.encoding == .identity { return try await take() }
            return try await withTaskExecutorPreference(threads) { try await take() }
        } catch let error as IngestError {
            throw APIError(ingest: error)
        }
    }

    /// Where bodies are decoded that take long.
    static let threads = YieldingThreads(count: System.coreCount)
    static let leastBytesForThreads = 64 << 10

    private static func answer(_ result: IngestResult, _ call: RouteCall) -> Response {
        switch result {
        case .stored(let outcome):
            call.environment.metrics.noteIngest(accepted: outcome.accepted, rejected: outcome.rejected.count)
            call.noteRejections(outcome.rejected.count, outcome.rejected.first)
            let answer = IngestAnswer(outcome: outcome, requestID: call.context.requestID)
            return .json(bytes: answer.body, status: answer.status)
        case .replayed(let stored):
            let (status, body) = IngestAnswer.read(stored)
            return .json(bytes: body, status: status)
        }
    }

    // MARK: - What the headers say

    private static func idempotencyKey(in request: Request) throws(APIError) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError(.badRequest, "Idempotency-Key has 1 to 255 visible characters of ASCII")
        }
        return key
    }

    private static func caller(
        for key: APIKey, writingTo team: Int64?, _ call: RouteCall
    ) throws(APIError) -> IngestCaller {
        let catalog = call.environment.catalog
        if let team {
            guard key.mayReach(team: team) else { throw APIError(.forbidden, "this key is of another team") }
            guard catalog.hasTeam(team) else { throw .notFound("team") }
        }
        return IngestCaller(key: key, catalog: catalog)
    }
}

extension RouteCall {
    /// Of records that were rejected, the operator is told, too.
    func noteRejections(_ count: Int, _ first: RejectedLine?) {
        environment.rejections.note(
            count, first, route: route.template, key: key?.id, requestID: context.requestID, environment.dependencies)
    }
}

extension IngestCaller {
    init(key: APIKey, catalog: any Catalog) {
        self.init(defaultTeam: key.teamID, identity: key.id) { team in
            if !key.mayReach(team: team) { return .forbidden }
            return catalog.hasTeam(team) ? nil : .teamNotFound
        }
    }
}

/// A session under way. A class, because swiftc 6.3 does not come to an end on a closure of an asynchronous function that
/// captures a noncopyable variable.
private final class OpenSession {
    private var session: IngestSession?

    init(_ session: consuming IngestSession) {
        self.session = consume session
    }

    func feed(_ chunk: ByteBuffer) throws {
        try chunk.withUnsafeReadableBytes { bytes in try session?.feed(bytes) }
    }

    func finish(idempotencyKey: String?, requestID: String) async throws -> IngestResult {
        guard let session = session.take() else {
            throw IngestError(.overloaded, "the request is finished already")
        }
        return try await session.finish(
            idempotencyKey: idempotencyKey, encodeAnswer: { IngestAnswer(outcome: $0, requestID: requestID).stored })
    }
}

/// The answer to an ingest request, and the bytes by which it is kept for a repeated one: three digits of status, then
/// the body.
struct IngestAnswer {
    let status: HTTPResponse.Status
    let body: [UInt8]

    init(outcome: IngestOutcome, requestID: String) {
        let rejected = outcome.rejected.map {
            IngestDocument.RejectedLine(
                line: $0.line, code: $0.error.code.rawValue, field: $0.error.field, message: $0.error.message)
        }
        guard outcome.accepted == 0, !rejected.isEmpty else {
            status = .ok
            body = JSONWriter.bytes(
                of: IngestDocument(accepted: outcome.accepted, rejected: rejected, requestID: requestID))
            return
        }
        status = .unprocessableContent
        let envelope = ErrorEnvelope(
            requestID: requestID, code: .unprocessableEntity, message: "no line was accepted")
        body = JSONWriter.bytes(
            of: IngestRefusal(envelope: envelope, rejected: rejected), capacity: 256 + rejected.count * 128)
    }

    var stored: [UInt8] { Array(String(status.code).utf8) + body }

    static func read(_ stored: [UInt8]) -> (HTTPResponse.Status, [UInt8]) {
        let code = Int(String(decoding: stored.prefix(3), as: UTF8.self)) ?? 200
        return (HTTPResponse.Status(code: code), Array(stored.dropFirst(3)))
    }
}

extension APIError {
    package init(ingest error: IngestError) {
        switch error.code {
        case .invalidEncoding, .invalidJSON: self = APIError(.badRequest, error.message)
        case .tooLarge: self = APIError(.contentTooLarge, error.message)
        case .empty, .idempotencyMismatch: self = APIError(.unprocessableEntity, error.message)
        case .overloaded: self = .unavailable(error.message, cause: error)
        case .store(let error): self = APIError(error)
        }
    }
}
