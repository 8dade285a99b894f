import Foundation

/// A ClickHouse of today for tests, as far as chdb is one (Tests/chdb_server.py), in a temporary directory that goes with it. It
/// ends with this process, however that ends.
package final class TestChdb: Sendable {
    package let httpPort: Int
    private let process: Process
    private let control: Pipe

    package struct Trouble: Error, CustomStringConvertible {
        package var description: String
    }

    private static let variable = "CONNECTORLOG_TEST_CHDB_PYTHON"
    /// A Python that has chdb; nil where there is none.
    private static let python = ProcessInfo.processInfo.environment[variable]
    /// Whether tests on it run. Where `CI` is `true` they run in any case, and fail without.
    package static let isWanted = ProcessInfo.processInfo.environment["CI"] == "true" || python != nil

    private static let program = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Tests/chdb_server.py").standardizedFileURL.path(percentEncoded: false)

    private static let started = Task { try await TestChdb() }

    /// One for all tests of a process.
    package static func shared() async throws -> TestChdb { try await started.value }

    private init() async throws {
        guard let python = Self.python else { throw Trouble(description: "\(Self.variable) names no Python with chdb") }
        let directory = FileManager.default.temporaryDirectory.appending(path: "chdb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let path = directory.path(percentEncoded: false)
        httpPort = try FreePorts.take(1)[0]
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", Self.script, "sh", path, python, "-B", Self.program, "--port", String(httpPort), "--path", path,
        ]
        control = Pipe()
        process.standardInput = control
        process.standardOutput = FileHandle.nullDevice
        try TestProcesses.run(process)
        try await waitUntilUp()
    }

    private func waitUntilUp() async throws {
        for _ in 0..<1200 {
            if FreePorts.isTaken(httpPort) { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Trouble(description: "chdb does not start")
    }

    /// It ends when what is started here has closed its standard input; its directory is removed behind it.
    private static let script = """
        directory=$1; shift; "$@"; exec rm -rf "$directory"
        """
}
