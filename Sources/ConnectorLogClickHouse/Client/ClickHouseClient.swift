import AsyncHTTPClient
import ConnectorLogCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL

/// Speaks to the servers of an address over HTTP: one statement a request. What one server cannot do, another is asked for,
/// as long as doing it twice does no harm.
final class ClickHouseClient: Sendable {
    struct Limits: Sendable {
        var connect = Duration.seconds(2)
        /// Of a query or a statement, with its answer.
        var query = Duration.seconds(60)
        /// Of an insert.
        var insert = Duration.seconds(30)
        /// Bytes of an answer.
        var answer = 256 << 20
    }

    /// Of a statement.
    private static let statementBytes = 64 << 20

    let address: ClickHouseAddress
    let health: HostHealth
    private let limits: Limits
    private let database: String?
    private let http: HTTPClient
    private let headers: HTTPHeaders

    convenience init(_ address: ClickHouseAddress, limits: Limits = Limits()) {
        self.init(address, database: address.database, limits: limits)
    }

    /// - Parameter database: that statements are about which do not say; nil where it may have to be made first.
    init(_ address: ClickHouseAddress, database: String?, limits: Limits = Limits()) {
        (self.address, self.database, self.limits) = (address, database, limits)
        health = HostHealth(count: address.hosts.count)
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .init(limits.connect)
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .enabled(limit: .size(limits.answer))
        // Another host is asked instead.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(8)  // servers close after ten
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // Not in the URL, which proxies and logs may keep.
        headers = ["X-ClickHouse-User": address.user, "X-ClickHouse-Key": address.password]
    }

    func close() async { try? await http.shutdown() }

    /// Who forgets to close leaks nothing: the HTTP client insists.
    deinit {
        let http = http
        Task { try? await http.shutdown() }
    }

    var allHosts: [Int] { Array(address.hosts.indices) }

    /// Asks a question whose answer depends on no server.
    /// - Parameter place: what it is about, for errors.
    func query(
        _ sql: String, _ place: String, settings: [String: String] = [:], hosts: [Int]? = nil
    ) async throws(ClickHouseFailure) -> ByteBuffer {
        var failure = ClickHouseFailure(reason: .unreachable, place: place)
        for host in health.order(of: hosts ?? allHosts) {
            do {
                return try await query(sql, place, settings: settings, host: host)
            } catch {
                failure = error
                guard error.mayTryAnother else { throw error }
            }
        }
        throw failure
    }

    func query(
        _ sql: String, _ place: String, settings: [String: String] = [:], host: Int
    ) async throws(ClickHouseFailure) -> ByteBuffer {
        // An error behind the first rows of an answer would otherwise come as rows.
        var settings = settings
        settings["wait_end_of_query"] = "1"
        settings["max_execution_time"] = "\(limits.query.components.seconds)"
        return try await send(
            settings: settings, body: ByteBuffer(string: sql), place: place, host: host, timeout: limits.query)
    }

    /// What the oldest of the servers that answer understands.
    func dialect() async throws(ClickHouseFailure) -> Dialect {
        var failure = ClickHouseFailure(reason: .unreachable, place: "its version")
        var oldest: Dialect?
        for host in allHosts {
            do throws(ClickHouseFailure) {
                let answer = try await query("SELECT version()", "its version", host: host)
                let text = String(buffer: answer).filter { !$0.isWhitespace }
                guard let dialect = Dialect(version: text), dialect.version >= Dialect.oldest else {
                    throw ClickHouseFailure(reason: .malformed, place: "its version")
                }
                if dialect.version < oldest?.version ?? .max { oldest = dialect }
            } catch {
                failure = error
                guard error.mayTryAnother else { throw error }
            }
        }
        guard let oldest else { throw failure }
        return oldest
    }

    /// Inserts one block in the format Native. An error leaves open whether any of it was stored.
    func insert(
        _ block: NativeBlock, into table: String, settings: [String: String] = [:], host: Int
    ) async throws(ClickHouseFailure) {
        var settings = settings
        settings["query"] = "INSERT INTO \(table) FORMAT Native"
        let body = address.isCompressed ? Gzip.compressed(block.bytes) : block.bytes
        _ = try await send(
            settings: settings, body: body, encoding: address.isCompressed ? "gzip" : nil,
            place: "an insert into \(table)", host: host, timeout: limits.insert)
    }

    private func send(
        settings: [String: String], body: ByteBuffer, encoding: String? = nil, place: String, host: Int,
        timeout: Duration
    ) async throws(ClickHouseFailure) -> ByteBuffer {
        do {
            let answer = try await send(settings, body, encoding, place, host, timeout)
            health.note(host, isWell: true)
            return answer
        } catch let failure as ClickHouseFailure {
            if case .exception = failure.reason, !failure.isQuorumTaken {
                health.note(host, isWell: !failure.mayTryAnother)
            }
            throw failure
        } catch {
            health.note(host, isWell: false)
            let isTimeout = error as? HTTPClientError == .deadlineExceeded || error as? HTTPClientError == .readTimeout
            throw ClickHouseFailure(reason: isTimeout ? .timedOut : .unreachable, place: place)
        }
    }

    private func send(
        _ settings: [String: String], _ body: ByteBuffer, _ encoding: String?, _ place: String, _ host: Int,
        _ timeout: Duration
    ) async throws -> ByteBuffer {
        var parameters = settings
        parameters["database"] = database
        // ClickHouse would take no more than 256 KiB, and some hundreds of ids and texts may be more.
        parameters["max_query_size"] = "\(Self.statementBytes)"
        // What people search for need not be known for longer than the search.
        parameters["log_queries"] = "0"
        parameters["enable_http_compression"] = address.isCompressed ? "1" : "0"
        var request = HTTPClientRequest(url: url(of: host, parameters))
        request.method = .POST
        request.headers = headers
        if let encoding { request.headers.add(name: "Content-Encoding", value: encoding) }
        request.body = .bytes(body)
        let response = try await http.execute(request, timeout: .init(timeout))
        guard response.status == .ok else {
            let text = try await response.body.collect(upTo: 1 << 20)
            throw ClickHouseFailure(reason: .exception(Self.code(response.headers, text)), place: place)
        }
        do {
            return try await response.body.collect(upTo: limits.answer)
        } catch is NIOTooManyBytesError {
            throw ClickHouseFailure(reason: .malformed, place: place)
        }
    }

    private func url(of host: Int, _ parameters: [String: String]) -> String {
        let query = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.encoded($0.value))" }
        return "\(address.isSecure ? "https" : "http")://\(address.hosts[host])/?" + query.joined(separator: "&")
    }

    /// Unreserved characters alone stay as they are (RFC 3986, section 2.3).
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// Newer servers say it in a header, older ones begin their text with it: `Code: 60, ...`.
    private static func code(_ headers: HTTPHeaders, _ text: ByteBuffer) -> Int {
        if let code = headers.first(name: "X-ClickHouse-Exception-Code").flatMap({ Int($0) }) { return code }
        let text = String(buffer: text)
        guard let start = text.firstRange(of: "Code: ") else { return 0 }
        return Int(text[start.upperBound...].prefix { $0.isASCII && $0.isNumber }) ?? 0
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
