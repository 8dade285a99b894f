#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ConnectorLogRecorder {
    /// Where a recorder sends to, and how much it may hold. The defaults suit a service that makes some hundred calls a
    /// second. Other numbers than `bodyBytes` count as 1 when they are below.
    public struct Configuration: Sendable {
        /// Without a slash at its end.
        let baseURL: String
        let apiKey: APIKey

        /// The team of the records; nil stands for the key's team. The owner's keys have none, so they need it here.
        public var teamID: Int64?
        /// Records that wait to be sent, or are under way. When there are so many, a new one is dropped.
        public var bufferedRecords = 10_000
        /// Bytes that those hold in memory, about. When they are reached, a new record is dropped.
        public var bufferedBytes = 16 << 20
        /// Records of one request to the server.
        public var batchRecords = 1000
        /// Bytes of one request to the server; a single longer record is sent alone. Web servers in between commonly refuse
        /// more than 1 MiB.
        public var batchBytes = 512 << 10
        /// Bytes that are kept of each body, at most 768 KiB; 0 keeps none, and a request's body is not even looked at. The
        /// server's own limit is 256 KiB unless configured otherwise.
        public var bodyBytes = ConnectorLogBody.defaultLimit
        /// How long a record waits at most before it is sent, while the server answers.
        public var flushInterval: Duration = .seconds(1)
        /// How long one request to the server may take.
        public var requestTimeout: Duration = .seconds(30)
        /// How often a batch is sent before it is dropped.
        public var attempts = 10
        /// How long a batch waits between its attempts in all before it is dropped.
        public var retryBudget: Duration = .seconds(120)
        /// How long a graceful shutdown may take to send what waits. The rest is dropped.
        public var shutdownTimeout: Duration = .seconds(10)
        /// Names of headers, in any case, whose values are replaced by a mark before they are kept.
        public var credentialHeaders: Set<String> = defaultCredentialHeaders

        public static let defaultCredentialHeaders: Set<String> = [
            "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key", "X-Auth-Token",
        ]

        /// - Parameters:
        ///   - baseURL: of the server, as `https://connectorlog.example.com`; a path in front of `/v1` may follow.
        ///   - apiKey: a key of role `recorder`. It is in no description, log line or error of this library.
        public init(baseURL: String, apiKey: String) throws(ConnectorLogConfigurationError) {
            guard baseURL.isVisibleASCII, !baseURL.contains(where: { "?#@".contains($0) }),
                let url = URL(string: baseURL), ["http", "https"].contains(url.scheme?.lowercased()),
                url.host()?.isEmpty == false
            else { throw .invalidBaseURL }
            guard apiKey.isVisibleASCII else { throw .invalidAPIKey }
            let slashes = baseURL.reversed().prefix { $0 == "/" }.count
            self.baseURL = String(baseURL.dropLast(slashes))
            self.apiKey = APIKey(apiKey)
        }
    }
}

extension String {
    fileprivate var isVisibleASCII: Bool { !isEmpty && utf8.allSatisfy { 0x21...0x7E ~= $0 } }
}

/// Why a configuration cannot be used.
public enum ConnectorLogConfigurationError: Error, Hashable {
    /// It has to begin with `http://` or `https://`, names a host, and has neither user information nor query.
    case invalidBaseURL
    /// It is empty, or has characters that no key has.
    case invalidAPIKey
}

/// A key that does not show in descriptions, dumps and debuggers' reflection.
struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    init(_ value: String) {
        self.value = value
    }

    var description: String { "[API key]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
