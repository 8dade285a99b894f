import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// One call while it goes on. It is recorded once: when it ends, or when nobody holds it any more.
final class RecordedCall: Sendable {
    private struct State {
        var entry: ConnectorLogEntry
        var requestPrefix: BodyPrefix?
        var isRequestWhole = false
        var responsePrefix: BodyPrefix?
        /// As the response's head says; nil when it does not.
        var expectedSize: Int?
        var isRecorded = false
    }

    private let recorder: ConnectorLogRecorder
    private let started: Duration
    private let state: Mutex<State>

    init(
        _ request: HTTPClientRequest, connector: String, context: ConnectorLogContext, recorder: ConnectorLogRecorder
    ) {
        self.recorder = recorder
        started = recorder.surroundings.uptime()
        var entry = ConnectorLogEntry(connector: connector)
        entry.time = recorder.surroundings.now()
        entry.method = request.method.rawValue
        entry.uri = request.url
        entry.requestHeaders = request.headers
        entry.requestID = request.headers.first(name: "x-request-id")
        entry.context = context.over(.ofTrace(in: request.headers))
        state = Mutex(State(entry: entry))
    }

    deinit {
        end(isWhole: false)
    }

    // MARK: - The request's body

    /// The request, with its body watched where it is a stream.
    func observeBody(of request: HTTPClientRequest) async -> HTTPClientRequest {
        guard recorder.bodyBytes > 0, let body = request.body else { return request }
        var request = request
        switch await RequestBodyContent(of: body) {
        case .bytes(let bytes):
            sawRequest(bytes)
            requestEnded()
        case .stream(let length):
            state.withLock { $0.requestPrefix = BodyPrefix(limit: recorder.bodyBytes) }
            request.body = .stream(RecordedRequestBody(base: body, call: self), length: length)
        case .unknown: break
        }
        return request
    }

    func sawRequest(_ piece: ByteBuffer) {
        state.withLock { state in
            guard !state.isRecorded else { return }
            state.requestPrefix.append(piece, limit: recorder.bodyBytes)
        }
    }

    func requestEnded() {
        state.withLock { $0.isRequestWhole = true }
    }

    // MARK: - The response

    /// Notes the head, and puts a body in the place of the response's that is watched.
    func observe(_ response: inout HTTPClientResponse) {
        let head = (status: Int(response.status.code), headers: response.headers)
        let redirectedTo = response.history.count > 1 ? response.history.last?.request.url : nil
        touch { state in
            state.entry.status = head.status
            state.entry.responseHeaders = head.headers
            state.expectedSize = Self.expectedSize(
                of: head.headers, status: head.status, method: state.entry.method ?? "")
            if let redirectedTo {
                state.entry.attributes["redirected_to"] = redirectedTo
            }
        }
        response.body = .stream(RecordedResponseBody(base: response.body, call: self))
    }

    func sawResponse(_ piece: ByteBuffer) {
        touch { $0.responsePrefix.append(piece, limit: recorder.bodyBytes) }
    }

    func fail(_ error: any Error) {
        touch { state in
            (state.entry.errorName, state.entry.errorMessage) = Self.describe(error)
        }
        end(isWhole: false)
    }

    /// - Parameter isWhole: the response's body was read to its end.
    func end(isWhole: Bool) {
        let entry = state.withLock { state -> ConnectorLogEntry? in
            guard !state.isRecorded else { return nil }
            // A host may keep the response for long.
            defer { state = State(entry: ConnectorLogEntry(connector: ""), isRecorded: true) }
            var entry = state.entry
            entry.requestBody = state.requestPrefix?.body(isWhole: state.isRequestWhole)
            // Without a status there was no response, and so no body that could be cut.
            if entry.status != nil {
                let prefix = state.responsePrefix ?? BodyPrefix(limit: 0)
                entry.responseBody = prefix.body(isWhole: isWhole, expectedSize: state.expectedSize)
            }
            return entry
        }
        if let entry { recorder.recordAsIs(entry) }
    }

    /// Something of the response came: so long the call has taken. How long the host then takes to read on, or to let go of
    /// the response, is not the vendor's time.
    private func touch(_ change: (inout State) -> Void) {
        let duration = recorder.surroundings.uptime() - started
        state.withLock { state in
            guard !state.isRecorded else { return }
            state.entry.duration = duration
            change(&state)
        }
    }

    // MARK: - What messages say

    /// Bytes of the body as the host will see them (RFC 9110, sections 6.4.1 and 8.6). Of a coded body that is not known,
    /// for the client may decode it.
    private static func expectedSize(of headers: HTTPHeaders, status: Int, method: String) -> Int? {
        if method == "HEAD" || status == 204 || status == 304 { return 0 }
        if headers.contains(name: "content-encoding") { return nil }
        return headers.first(name: "content-length").flatMap { Int($0) }
    }

    /// The HTTP client's own texts may hold header values.
    private static func describe(_ error: any Error) -> (name: String, message: String) {
        ("\(type(of: error))", (error as? HTTPClientError)?.shortDescription ?? "\(error)")
    }
}

extension BodyPrefix? {
    /// In place: a copy of the prefix a piece would be dear.
    fileprivate mutating func append(_ piece: ByteBuffer, limit: Int) {
        if self == nil { self = BodyPrefix(limit: limit) }
        self?.append(piece)
    }
}

extension ConnectorLogContext {
    /// What a `traceparent` header says (W3C Trace Context, section 3.2).
    fileprivate static func ofTrace(in headers: HTTPHeaders) -> ConnectorLogContext {
        let parts = headers.first(name: "traceparent")?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count >= 4 else { return ConnectorLogContext() }
        return ConnectorLogContext(traceID: String(parts[1]), spanID: String(parts[2]))
    }
}
