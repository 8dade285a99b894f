import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A PostgreSQL server for tests, in a directory of its own that goes with it. It ends with this process, however that
/// ends.
///
/// PostgreSQL refuses to run as root: where tests are run by root, it runs as the user `postgres` or `nobody`. Over its
/// Unix socket it takes everybody, over TCP `user` with `password`.
package final class TestPostgres: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package static let user = "postgres"
    package static let password = "s3cret-of-tests"

    /// How a server is told to stop.
    package enum Stop: String, Sendable {
        /// Open transactions are undone first.
        case fast = "INT"
        /// As if it had crashed.
        case immediate = "QUIT"
    }

    private struct Running {
        var process: Process
        var control: FileHandle
    }

    private let directory: String
    package let port: Int
    private let options: [String]
    private let running = Mutex<Running?>(nil)
    private let databases = Atomic(0)

    // MARK: - What there is

    /// Whether tests against PostgreSQL run: where it is installed. Where `CI` is `true` they run in any case, and fail
    /// without.
    package static let isWanted = ProcessInfo.processInfo.environment["CI"] == "true" || program("postgres") != nil
    private static let wantMessage = "PostgreSQL 15 is not installed (Debian: postgresql-15)"

    private static func program(_ name: String) -> String? {
        ["/usr/lib/postgresql/15/bin/", "/usr/local/bin/", "/usr/bin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static let started = Task { try await TestPostgres(isDurable: false) }

    /// One for all tests of a process.
    package static func shared() async throws -> TestPostgres { try await started.value }

    // MARK: - Start and end

    /// - Parameter isDurable: whether it syncs what it writes.
    package init(isDurable: Bool) async throws {
        directory = "/tmp/clpg-" + UUID().uuidString.prefix(8).lowercased()
        port = try FreePorts.take(1)[0]
        options = [
            "-D", directory + "/data", "-p", String(port), "-k", directory, "-h", "127.0.0.1",
            "-c", "max_connections=400", "-c", "shared_buffers=32MB", "-c", "fsync=\(isDurable ? "on" : "off")",
            "-c", "log_min_messages=fatal", "-c", "autovacuum_naptime=10min",
        ]
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if let user = Self.otherUser { chown(directory, user.id, user.group) }
        let passwordFile = directory + "/password"
        try Data(Self.password.utf8).write(to: URL(fileURLWithPath: passwordFile))
        chmod(passwordFile, 0o644)
        try await run(
            "initdb",
            [
                "-D", directory + "/data", "-U", Self.user, "--auth-local=trust", "--auth-host=scram-sha-256",
                "--pwfile=" + passwordFile, "--no-sync", "-E", "UTF8", "--locale=C",
            ])
        try await start()
    }

    /// Returns when it takes connections.
    package func start() async throws {
        let (process, control) = (Process(), Pipe())
        // What watches ends the server when this process says so, or is gone. It waits for no process of its own: the
        // signal that would tell of its end is blocked in what is started from here.
        let script = """
            directory=$1; shift; exec 3<&0
            { if read -r signal <&3; then kill -"$signal" $$; else
                kill -INT $$; while [ -e "$directory/data/postmaster.pid" ]; do :; done; exec rm -rf "$directory"
            fi; } &
            exec "$@" 3<&-
            """
        guard let postgres = Self.program("postgres") else { throw Failure(description: Self.wantMessage) }
        let command = Self.asOtherUser(["/bin/sh", "-c", script, "sh", directory, postgres] + options)
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = control
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try TestProcesses.run(process)
        running.withLock { $0 = Running(process: process, control: control.fileHandleForWriting) }
        for _ in 0..<300 {
            if (try? await run("psql", ["-c", "SELECT 1", url("postgres")])) != nil { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure(description: "PostgreSQL does not start")
    }

    /// Returns when it has ended; its data stay, for `start`.
    package func stop(_ stop: Stop) async throws {
        let taken = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let taken else { return }
        try taken.control.write(contentsOf: Data((stop.rawValue + "\n").utf8))
        while taken.process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Ends it, and removes its data.
    package func remove() async throws {
        try await stop(.fast)
        try FileManager.default.removeItem(atPath: directory)
    }

    // MARK: - Databases

    package func url(_ database: String) -> String {
        "postgres://\(Self.user)@/\(database)?host=\(directory)&port=\(port)"
    }

    /// The same over TCP.
    package func url(_ database: String, password: String) -> String {
        "postgres://\(Self.user):\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// A new, empty database.
    /// - Returns: its name.
    package func makeDatabase() async throws -> String {
        let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
        try await run("psql", ["-c", "CREATE DATABASE \(name) STRATEGY file_copy", url("postgres")])
        return name
    }

    package func drop(_ database: String) async throws {
        try await run("psql", ["-c", "DROP DATABASE \(database) WITH (FORCE)", url("postgres")])
    }

    // MARK: - Programs

    private func run(_ name: String, _ arguments: [String]) async throws {
        guard let path = Self.program(name) else { throw Failure(description: Self.wantMessage) }
        let command = Self.asOtherUser([path] + (name == "psql" ? ["-X", "-q"] : []) + arguments)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try TestProcesses.run(process) } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw Failure(description: "\(name) failed with status \(status)") }
    }

    /// Who runs the server, when this process's user may not.
    private static let otherUser: (id: uid_t, group: gid_t)? = {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return (entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        return nil
    }()

    private static func asOtherUser(_ command: [String]) -> [String] {
        guard let otherUser else { return command }
        return ["/usr/bin/setpriv", "--reuid=\(otherUser.id)", "--regid=\(otherUser.group)", "--clear-groups"] + command
    }
}
