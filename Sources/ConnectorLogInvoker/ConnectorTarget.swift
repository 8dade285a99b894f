import ConnectorLogCore
import Foundation
import HTTPTypes
package import NIOCore

/// Where a connector's calls go, and how: what its configuration says to the invoker.
///
/// ```json
/// { "base_url": "https://api.example.com/v2",
///   "invoker": { "time_limit_seconds": 100, "concurrency": 64, "calls_per_second": 50, "retries": 2,
///                "record": "best-effort", "headers": { "Authorization": "Bearer {{secret:API_TOKEN}}" } } }
/// ```
package struct ConnectorTarget: Sendable, Equatable {
    package enum RecordPolicy: String, Sendable {
        /// The call goes through also when it cannot be recorded.
        case bestEffort = "best-effort"
        /// It is refused when it could not be recorded, and its answer ends once it is.
        case required
    }

    /// A header field that the invoker sets; of its value what is a secret has yet to be filled in.
    package struct HeaderTemplate: Sendable, Equatable {
        package var name: String
        package var parts: [Part]

        package enum Part: Sendable, Equatable {
            case text(String)
            /// The name of one of the connector's secrets.
            case secret(String)
        }
    }

    /// What is wrong with a configuration, for who called or who wrote it.
    package struct Problem: Error, Equatable, Sendable {
        /// Nil where it is not about one alone.
        package var field: Field?
        /// Behind the field's name, a sentence: `is 1 to 3600`. Without a field it is one by itself.
        package var reason: String

        package var message: String { field.map { "\($0.name) \(reason)" } ?? reason }

        package init(message: String) {
            reason = message
        }

        init(_ field: Field, _ reason: String) {
            (self.field, self.reason) = (field, reason)
        }
    }

    /// A member of the configuration that says something to the invoker.
    package enum Field: Hashable, Sendable {
        case baseURL, timeLimit, concurrency, callsPerSecond, retries, record, headers
        /// One of the headers, by its name.
        case header(String)

        var name: String {
            switch self {
            case .baseURL: "base_url"
            case .timeLimit: "invoker.time_limit_seconds"
            case .concurrency: "invoker.concurrency"
            case .callsPerSecond: "invoker.calls_per_second"
            case .retries: "invoker.retries"
            case .record: "invoker.record"
            case .headers: "invoker.headers"
            // Whatever stands there is somebody's text.
            case .header: "a field of invoker.headers"
            }
        }
    }

    package enum Limits {
        /// Seconds.
        package static let timeLimit = 1...3600
        package static let defaultTimeLimit = 100
        /// Calls at once.
        package static let concurrency = 1...10_000
        package static let defaultConcurrency = 256
        package static let callsPerSecond = 1...100_000
        /// Further attempts of a call.
        package static let retries = 0...5
        package static let headers = 32
        package static let headerValueBytes = 8192
    }

    /// Scheme, host and port alone.
    package var origin: String
    /// As the vendor's `Host` field has it.
    package var authority: String
    /// The host, where it is written as an address.
    package var address: SocketAddress?
    /// Of the base URL, percent-encoded, without a slash at its end.
    package var path: String
    /// Seconds until the answer begins, and between two of its parts.
    package var timeLimit = Limits.defaultTimeLimit
    package var concurrency = Limits.defaultConcurrency
    /// Nil: any number.
    package var callsPerSecond: Int?
    package var record = RecordPolicy.bestEffort
    /// How often a call that failed is made again at most.
    package var retries = 0
    package var headers: [HeaderTemplate] = []

    /// - Parameter configuration: the connector's configuration, a JSON object.
    package init(configuration: String) throws(Problem) {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(configuration.utf8))
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw Problem(message: "\(Self.place(context)) has another type than it should")
        } catch {
            throw Problem(message: "the connector's configuration is no JSON object")
        }
        guard let base = document.baseURL else { throw Problem(message: "the connector has no base_url") }
        guard !Self.namesUser(base) else {
            throw Problem(.baseURL, "has no place for a user name or a password: a header template says who calls")
        }
        guard let components = URLComponents(string: base), let scheme = components.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = components.percentEncodedHost, !host.isEmpty,
            components.port.map({ (1...65_535).contains($0) }) ?? true, components.user == nil,
            components.password == nil, components.query == nil, components.fragment == nil,
            base.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Problem(.baseURL, "is http:// or https://, a host, a port and a path if need be, and no more")
        }
        let port = components.port.map { ":\($0)" } ?? ""
        origin = "\(scheme)://\(host)\(port)"
        guard URL(string: origin) != nil else { throw Problem(.baseURL, "names no host") }
        authority = host + port
        address = try? SocketAddress(ipAddress: host.filter { $0 != "[" && $0 != "]" }, port: 0)
        var path = components.percentEncodedPath[...]
        while path.last == "/" { path = path.dropLast() }
        self.path = String(path)
        try read(document.invoker)
    }

    private mutating func read(_ options: Options?) throws(Problem) {
        guard let options else { return }
        timeLimit = try Self.value(options.timeLimitSeconds, in: Limits.timeLimit, .timeLimit) ?? timeLimit
        concurrency = try Self.value(options.concurrency, in: Limits.concurrency, .concurrency) ?? concurrency
        callsPerSecond = try Self.value(options.callsPerSecond, in: Limits.callsPerSecond, .callsPerSecond)
        retries = try Self.value(options.retries, in: Limits.retries, .retries) ?? retries
        if let text = options.record {
            guard let policy = RecordPolicy(rawValue: text) else {
                throw Problem(.record, "is best-effort or required")
            }
            record = policy
        }
        headers = try Self.templates(options.headers ?? [:])
    }

    /// What the call's target is at the vendor.
    ///
    /// - Parameter rest: what follows the connector in the invoker's path.
    func target(_ rest: String) -> String {
        let target = path + rest
        return target.isEmpty || target.hasPrefix("?") ? "/" + target : target
    }

    func uri(_ rest: String) -> String { origin + target(rest) }

    // MARK: - Reading

    private struct Document: Decodable {
        var baseURL: String?
        var invoker: Options?

        private enum CodingKeys: String, CodingKey {
            case baseURL = "base_url"
            case invoker
        }
    }

    private struct Options: Decodable {
        var timeLimitSeconds: Int?
        var concurrency: Int?
        var callsPerSecond: Int?
        var retries: Int?
        var record: String?
        var headers: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case timeLimitSeconds = "time_limit_seconds"
            case concurrency
            case callsPerSecond = "calls_per_second"
            case retries, record, headers
        }
    }

    /// Whether there is an `@` before the first slash behind the scheme (RFC 3986, section 3.2.1), also in what is no URL.
    private static func namesUser(_ base: String) -> Bool {
        guard let scheme = base.firstRange(of: "://") else { return false }
        return base[scheme.upperBound...].prefix { !"/?#\\".contains($0) }.contains("@")
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "the configuration" : path
    }

    private static func value(
        _ value: Int?, in range: ClosedRange<Int>, _ field: Field
    ) throws(Problem) -> Int? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw Problem(field, "is \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Without characters that would end it, or that control something (RFC 9110, section 5.5).
    package static func isFitForHeader(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func templates(_ headers: [String: String]) throws(Problem) -> [HeaderTemplate] {
        guard headers.count <= Limits.headers else {
            throw Problem(.headers, "has at most \(Limits.headers) fields")
        }
        var templates: [HeaderTemplate] = []
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            guard HTTPField.Name(name) != nil else {
                throw Problem(.header(name), "has a name that no header may have")
            }
            guard ForwardedFields.maySet(name) else {
                throw Problem(.header(name), "has a name that cannot be set: the invoker says that itself, or keeps it")
            }
            guard value.utf8.count <= Limits.headerValueBytes, isFitForHeader(value) else {
                throw Problem(.header(name), "has a value that no header may have")
            }
            guard let parts = parts(of: value) else {
                throw Problem(.header(name), "has a template without a name or an end: it is {{secret:NAME}}")
            }
            templates.append(HeaderTemplate(name: name, parts: parts))
        }
        return templates
    }

    private static let opening = "{{secret:"

    /// Nil when a template has no name or no end.
    private static func parts(of value: String) -> [HeaderTemplate.Part]? {
        var parts: [HeaderTemplate.Part] = []
        var rest = value[...]
        while let start = rest.firstRange(of: opening) {
            if start.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<start.lowerBound]))) }
            guard let end = rest[start.upperBound...].firstRange(of: "}}"), end.lowerBound > start.upperBound else {
                return nil
            }
            parts.append(.secret(String(rest[start.upperBound..<end.lowerBound])))
            rest = rest[end.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return parts
    }
}
