import ConnectorLogTesting
import Foundation
import Synchronization
import Testing

/// The built program as a process of its own: all that others on the machine see of it, and all that it says, is looked
/// through.
struct Program: Sendable {
    struct Run: Sendable {
        var status: Int32
        var output: String
    }

    /// Its input files, and what it keeps between runs.
    let directory: TemporaryDirectory
    let keyFile: String
    let evidence: SecretEvidence

    /// What others on the machine saw of its runs that had not ended yet.
    let sights = Sights()

    final class Sights: Sendable {
        private let seen = Mutex<[String: String]>([:])

        /// All that was seen in files of this name.
        subscript(file: String) -> String { seen.withLock { $0[file, default: ""] } }

        fileprivate func note(_ bytes: [UInt8], of file: String) {
            seen.withLock { $0[file, default: ""] += String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// Of this build, beside the tests; `CONNECTORLOG_BINARY` names another.
    static let binary =
        ProcessInfo.processInfo.environment["CONNECTORLOG_BINARY"]
        ?? products.appending(path: "connectorlog").path(percentEncoded: false)

    private static var products: URL {
        // On Linux the tests are a program, whose bundle is the directory that it is in.
        let tests = Bundle(for: Sights.self).bundleURL
        return tests.pathExtension == "xctest" ? tests.deletingLastPathComponent() : tests
    }

    init(directory: TemporaryDirectory, key: String, evidence: SecretEvidence) throws {
        self.directory = directory
        keyFile = try directory.write(key, to: "key")
        self.evidence = evidence
    }

    /// Where it keeps what it noted of the files that it sent.
    var stateDirectory: String { directory.path + "/state" }

    /// - Parameter source: what the standard input is called where there is no file.
    func ingest(
        _ bytes: [UInt8], inFile name: String?, source: String = "", options: [String] = [], at url: String
    ) async throws {
        var arguments = ["ingest", "--url", url, "--key-file", keyFile] + options
        var input: [UInt8] = []
        if let name {
            arguments.append(try directory.write(bytes, to: name))
        } else {
            arguments += ["-", "--source", source]
            input = bytes
        }
        let run = try await run(arguments, input: input)
        #expect(run.status == 0, "\(run.output)")
    }

    func run(_ arguments: [String], input: [UInt8]) async throws -> Run {
        // A file in the place of a pipe: nothing has to be written while the process runs.
        let name = UUID().uuidString
        let standardInput = try FileHandle(
            forReadingFrom: URL(filePath: try directory.write(input, to: "input-" + name)))
        let outputFile = try directory.write("", to: "output-" + name)
        let output = try FileHandle(forWritingTo: URL(filePath: outputFile))
        let process = Process()
        process.executableURL = URL(filePath: Self.binary)
        process.arguments = arguments
        process.environment = ["XDG_STATE_HOME": stateDirectory, "HOME": directory.path]
        (process.standardInput, process.standardOutput, process.standardError) = (standardInput, output, output)
        let (ends, ended) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            ended.yield(process.terminationStatus)
            ended.finish()
        }
        try process.run()
        for file in ["cmdline", "environ"] {
            // Whoever may list processes sees these. It has none any more once it ended.
            let path = "/proc/\(process.processIdentifier)/\(file)"
            let seen = [UInt8]((try? Data(contentsOf: URL(filePath: path))) ?? Data())
            sights.note(seen, of: file)
            evidence.look(in: seen, at: "\(file) of connectorlog \(arguments[0])")
        }
        var status: Int32 = -1
        for await end in ends { status = end }
        let said = try String(contentsOfFile: outputFile, encoding: .utf8)
        evidence.look(in: said, at: "the output of connectorlog \(arguments[0])")
        return Run(status: status, output: said)
    }
}
