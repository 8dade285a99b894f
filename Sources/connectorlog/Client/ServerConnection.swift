import ConnectorLogServer
import Foundation

/// Which server the commands talk to, and with which key.
struct ServerConnection: Equatable, Sendable {
    static let defaultURL = "http://127.0.0.1:8080"

    /// Without a slash at its end.
    var baseURL: String
    /// Secret.
    var key: String

    /// - Parameters:
    ///   - url: `--url`, else `CONNECTORLOG_URL`, else the default address.
    ///   - keyFile: `--key-file`, else `CONNECTORLOG_API_KEY`, else `admin-key` in the data directory. That last one only
    ///     for a server on this machine: it is no other server's key to see.
    static func resolve(
        url: String?, keyFile: String?, dataDirectory: String?, environment: [String: String]
    ) throws(CommandFailure) -> ServerConnection {
        func variable(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let text = url ?? variable("CONNECTORLOG_URL") ?? defaultURL
        guard let parsed = URL(string: text), ["http", "https"].contains(parsed.scheme?.lowercased() ?? ""),
            let host = parsed.host(percentEncoded: false), !host.isEmpty, parsed.query(percentEncoded: false) == nil,
            parsed.user(percentEncoded: false) == nil
        else {
            throw CommandFailure(
                .usage, "the server's address has to be a URL such as \(defaultURL), without user or query")
        }
        var baseURL = text
        while baseURL.hasSuffix("/") { baseURL.removeLast() }
        let key: String
        if let keyFile {
            key = try readKey(from: keyFile)
        } else if let given = variable("CONNECTORLOG_API_KEY") {
            key = given
        } else {
            let file = (dataDirectory ?? variable("CONNECTORLOG_DATA") ?? "./connectorlog-data") + "/admin-key"
            guard ServerSettings.isLoopback(host), FileManager.default.fileExists(atPath: file) else {
                throw CommandFailure(.configuration, "no API key: set CONNECTORLOG_API_KEY, or give --key-file FILE")
            }
            key = try readKey(from: file)
        }
        // A line feed in a header's value would be refused far from here, with a text that helps nobody.
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !key.isEmpty else {
            throw CommandFailure(.configuration, "the API key holds characters that no key has")
        }
        return ServerConnection(baseURL: baseURL, key: key)
    }

    private static func readKey(from path: String) throws(CommandFailure) -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.noInput, "no such key file: \(path)")
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: path)), bytes.count <= 4096 else {
            throw CommandFailure(.noPermission, "cannot read the key file \(path)")
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
