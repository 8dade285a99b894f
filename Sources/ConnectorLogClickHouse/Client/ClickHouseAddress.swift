import ConnectorLogCore

/// Where ClickHouse is: `clickhouse://user:password@host:port,host:port/database?cluster=NAME&compression=gzip`,
/// `clickhouses://` over TLS.
package struct ClickHouseAddress: Hashable, Sendable {
    package struct Host: Hashable, Sendable, CustomStringConvertible {
        package var name: String
        package var port: Int

        package init(name: String, port: Int) { (self.name, self.port) = (name, port) }

        package var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
    }

    /// Why an address cannot be used. Says nothing of what it holds: that may be a password.
    package struct Problem: Error, Hashable, Sendable {
        package var message: String
    }

    package static let maximumHosts = 100
    private static let options: Set = ["cluster", "compression"]

    package var hosts: [Host]
    package var isSecure: Bool
    package var user: String
    package var password: String
    package var database: String
    /// The name of a cluster in the servers' configuration; nil for one server.
    package var cluster: String?
    /// Inserts and answers go compressed.
    package var isCompressed = false

    package init(_ text: String) throws(Problem) {
        guard let scheme = text.firstRange(of: "://") else { throw Problem(message: "is no address") }
        switch text[..<scheme.lowerBound] {
        case "clickhouse": isSecure = false
        case "clickhouses": isSecure = true
        default: throw Problem(message: "does not begin with clickhouse:// or clickhouses://")
        }
        var rest = text[scheme.upperBound...]
        let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] }
        rest = rest.prefix { $0 != "?" }
        let path = rest.firstIndex(of: "/").map { rest[rest.index(after: $0)...] } ?? ""
        var authority = rest.prefix { $0 != "/" }
        (user, password) = ("default", "")
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decoded(parts[0], "the user")
            if parts.count > 1 { password = try Self.decoded(parts[1], "the password") }
            authority = authority[authority.index(after: at)...]
        }
        let standardPort = isSecure ? 8443 : 8123
        hosts = []
        for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try Self.host(part, standardPort: standardPort))
        }
        guard hosts.count <= Self.maximumHosts else {
            throw Problem(message: "names more than \(Self.maximumHosts) hosts")
        }
        database = path.isEmpty ? "default" : try Self.decoded(path, "the database")
        guard Self.isName(database) else { throw Problem(message: "names a database that is no identifier") }
        try read(options: query ?? "")
    }

    private mutating func read(options: Substring) throws(Problem) {
        for option in options.split(separator: "&") {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.options.contains(String(parts[0])) else {
                throw Problem(message: "has an option that is not known; there are cluster=NAME and compression=gzip")
            }
            if parts[0] == "compression" {
                guard parts[1] == "gzip" else { throw Problem(message: "names a compression other than gzip") }
                isCompressed = true
                continue
            }
            let value = try Self.decoded(parts[1], "the cluster")
            guard Self.isName(value) else { throw Problem(message: "names a cluster that is no identifier") }
            cluster = value
        }
    }

    private static func host(_ text: Substring, standardPort: Int) throws(Problem) -> Host {
        var (name, port) = (text, Substring())
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            port = text[text.index(after: end)...]
        } else if let colon = text.lastIndex(of: ":") {
            (name, port) = (text[..<colon], text[colon...])
        }
        guard !name.isEmpty else { throw Problem(message: "lacks a host") }
        if port.isEmpty { return Host(name: String(name), port: standardPort) }
        guard port.first == ":", let number = Int(port.dropFirst()), (1...65_535).contains(number) else {
            throw Problem(message: "has a port that is none")
        }
        return Host(name: String(name), port: number)
    }

    /// What may stand in a statement as it is.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    /// Percent-encoding undone (RFC 3986, section 2.1).
    private static func decoded(_ text: Substring, _ what: String) throws(Problem) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                throw Problem(message: "has a % in \(what) that is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(message: "has bytes in \(what) that are no UTF-8")
        }
        return text
    }
}
