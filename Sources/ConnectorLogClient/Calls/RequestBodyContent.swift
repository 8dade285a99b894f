import AsyncHTTPClient
import NIOCore

/// What kind of body a request has. The HTTP client does not tell, and a stream must be read by nobody else, so this looks
/// at how the body is stored. Where that is another day's form, or reflection is compiled out, the body is not recorded
/// and the call goes on as if there were no recorder; tests with each kind of body notice.
enum RequestBodyContent {
    case bytes(ByteBuffer)
    case stream(HTTPClientRequest.Body.Length)
    case unknown

    init(of body: HTTPClientRequest.Body) async {
        let mode = Mirror(reflecting: body).children.first { $0.label == "mode" }?.value
        guard let mode, let stored = Mirror(reflecting: mode).children.first else {
            self = .unknown
            return
        }
        switch stored.label {
        case "byteBuffer": self = (stored.value as? ByteBuffer).map { .bytes($0) } ?? .unknown
        case "sequence" where Self.member("canBeConsumedMultipleTimes", of: stored.value) as? Bool == true:
            // All in memory: neither does it wait, nor is anything left out for the client.
            var bytes = ByteBuffer()
            var iterator = body.makeAsyncIterator()
            if let whole = try? await iterator.next() { bytes = whole }
            self = .bytes(bytes)
        case "asyncSequence": self = Self.length(of: stored.value).map { .stream($0) } ?? .unknown
        default: self = .unknown
        }
    }

    private static func length(of stored: Any) -> HTTPClientRequest.Body.Length? {
        guard let length = member("length", of: stored) else { return nil }
        if let known = Mirror(reflecting: length).children.first {
            return (known.value as? Int64).map { .known($0) }
        }
        return "\(length)" == "unknown" ? .unknown : nil
    }

    private static func member(_ name: String, of value: Any) -> Any? {
        Mirror(reflecting: value).children.first { $0.label == name }?.value
    }
}
