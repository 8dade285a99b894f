import Foundation

/// A ClickHouse server for tests, in a temporary directory that goes with it. It ends with this process, however that ends.
package final class TestClickHouse: Sendable {
    package let httpPort: Int
    private let process: Process
    private let directory: URL
    private let control: Pipe

    package struct Trouble: Error, CustomStringConvertible {
        package var description: String
    }

    /// The server's program; nil where there is none.
    package static let program: String? = ["/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static let started = Task { try await TestClickHouse() }

    /// One for all tests of a process.
    package static func shared() async throws -> TestClickHouse { try await started.value }

    /// Ports of a server: of HTTP, of its own protocol, and of that between replicas.
    struct Ports: Sendable {
        var http: Int
        var native: Int
        var replication: Int

        static func take(servers: Int) throws -> [Ports] {
            let ports = try FreePorts.take(3 * servers)
            return (0..<servers).map {
                Ports(http: ports[3 * $0], native: ports[3 * $0 + 1], replication: ports[3 * $0 + 2])
            }
        }
    }

    package convenience init() async throws { try await self.init(Ports.take(servers: 1)[0], more: "") }

    /// - Parameter more: elements of the configuration.
    init(_ ports: Ports, more: String) async throws {
        guard let program = Self.program else { throw Trouble(description: "there is no clickhouse-server") }
        directory = FileManager.default.temporaryDirectory.appending(path: "clickhouse-\(UUID().uuidString)")
        for name in ["data", "tmp", "user_files", "format_schemas"] {
            try FileManager.default.createDirectory(
                at: directory.appending(path: name), withIntermediateDirectories: true)
        }
        httpPort = ports.http
        try Self.users.write(to: directory.appending(path: "users.xml"), atomically: true, encoding: .utf8)
        try Self.configuration(directory.path(percentEncoded: false), ports, more)
            .write(to: directory.appending(path: "config.xml"), atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let path = directory.path(percentEncoded: false)
        process.arguments = ["-c", Self.script, "sh", path, program, "--config-file=\(path)/config.xml"]
        control = Pipe()
        process.standardInput = control
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try TestProcesses.run(process)
        try await waitUntilUp()
    }

    private func waitUntilUp() async throws {
        for _ in 0..<600 {
            if FreePorts.isTaken(httpPort) { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Trouble(description: "clickhouse-server does not start")
    }

    /// Ends the server when this process is gone. By itself the server would close what Foundation hears of its end by. Nothing
    /// waits for it: the signal that would tell of its end is blocked in what is started from here.
    private static let script = """
        directory=$1; shift; "$@" & server=$!
        read -r line; kill -KILL $server; exec rm -rf "$directory"
        """

    private static let users = """
        <yandex>
            <profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
            <users><default>
                <password></password><networks><ip>127.0.0.1</ip></networks>
                <profile>default</profile><quota>default</quota>
            </default></users>
            <quotas><default></default></quotas>
        </yandex>
        """

    private static func configuration(_ directory: String, _ ports: Ports, _ more: String) -> String {
        """
        <yandex>
            <logger>
                <level>warning</level><log>\(directory)/log</log><errorlog>\(directory)/errors</errorlog>
            </logger>
            <http_port>\(ports.http)</http_port><tcp_port>\(ports.native)</tcp_port>
            <interserver_http_port>\(ports.replication)</interserver_http_port>
            <interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
            <path>\(directory)/data/</path><tmp_path>\(directory)/tmp/</tmp_path>
            <user_files_path>\(directory)/user_files/</user_files_path>
            <format_schema_path>\(directory)/format_schemas/</format_schema_path>
            <users_config>\(directory)/users.xml</users_config>
            <default_profile>default</default_profile><default_database>default</default_database>
            <mark_cache_size>100000000</mark_cache_size>
            \(more)
        </yandex>
        """
    }
}

extension TestClickHouse {
    /// Whether tests against ClickHouse run: where it is installed. Where `CI` is `true` they run in any case, and fail without.
    package static let isWanted = ProcessInfo.processInfo.environment["CI"] == "true" || program != nil
}
