import Foundation

/// A ZooKeeper for tests, in a temporary directory that goes with it. It ends with this process, however that ends.
final class TestZooKeeper: Sendable {
    let port: Int
    private let process: Process
    private let control: Pipe

    static let library = "/usr/share/java/zookeeper.jar"
    static let isThere = FileManager.default.fileExists(atPath: library)

    init() async throws {
        guard Self.isThere else { throw TestClickHouse.Trouble(description: "there is no ZooKeeper") }
        port = try FreePorts.take(1)[0]
        let directory = FileManager.default.temporaryDirectory.appending(path: "zookeeper-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let path = directory.path(percentEncoded: false)
        // Short ticks: a session may be as short as two of them.
        try """
        tickTime=500
        dataDir=\(path)
        clientPort=\(port)
        clientPortAddress=127.0.0.1
        maxClientCnxns=0
        admin.enableServer=false
        forceSync=no
        """.write(to: directory.appending(path: "zoo.cfg"), atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", Self.script, "sh", path, "java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", Self.library,
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", "\(path)/zoo.cfg",
        ]
        control = Pipe()
        process.standardInput = control
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try TestProcesses.run(process)
        try await waitUntilUp()
    }

    /// It takes connections before it serves, and ClickHouse 18.16 may crash when it is hung up on.
    private func waitUntilUp() async throws {
        for _ in 0..<600 {
            if FreePorts.answer(of: port, to: "srvr").contains("Mode:") { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestClickHouse.Trouble(description: "ZooKeeper does not start")
    }

    /// As that of `TestClickHouse`.
    private static let script = """
        directory=$1; shift; "$@" & server=$!
        read -r line; kill -KILL $server; exec rm -rf "$directory"
        """
}
