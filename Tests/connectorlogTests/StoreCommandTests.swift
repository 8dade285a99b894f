import ConnectorLogBlockStore
import ConnectorLogCore
import Foundation
import Logging
import Synchronization
import Testing

@testable import connectorlog

@Suite struct StepMeterTests {
    private func drawn(width: Int?) -> String {
        let captured = CapturedConsole()
        let clock = Mutex<Int64>(0)
        let meter = StepMeter(
            "pages", console: captured.console(error: Console.Surface(width: width, hasColor: false)),
            now: { Timestamp(microseconds: clock.withLock { $0 }) })
        for done in 0...10 {
            meter.note(done, of: 10)
            clock.withLock { $0 += 60_000 }
        }
        meter.finish()
        return captured.error
    }

    @Test func drawsAFewTimesASecondAndLeavesNothing() {
        let text = drawn(width: 60)
        #expect(text.hasPrefix("\r[------------------------] 0 %  0 of 10 pages\u{1B}[K"))
        #expect(text.hasSuffix("\r\u{1B}[K"))
        // Every second of steps 60 ms apart.
        #expect(text.split(separator: "\r").count == 7)
    }

    @Test func drawsNothingWhereNobodyWatches() {
        #expect(drawn(width: nil).isEmpty)
    }

    @Test func neverFillsALine() {
        #expect(drawn(width: 20).split(separator: "\r").allSatisfy { $0.replacing("\u{1B}[K", with: "").count < 20 })
    }
}

@Suite struct StoreCommandTests {
    @Test func checkOfNothingFindsNoInput() async throws {
        let directory = try TemporaryDirectory()
        let run = await CommandLineRun.run(["check", "--data", directory.path + "/none"])
        #expect(run.status == .noInput)
        #expect(run.error.contains("none"))
        let other = await CommandLineRun.run(["check"], environment: ["CONNECTORLOG_DATA": directory.path])
        #expect(other.status == .noInput)
    }

    @Test func checkOfWhatIsNoStoreIsADataError() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(String(repeating: "no store ", count: 1000), to: "a.sqlite")
        let run = await CommandLineRun.run(["check", "--data", file, "--json"])
        #expect(run.status == .dataError)
        #expect(run.output.contains(#""sound":false"#))
        let table = await CommandLineRun.run(["check", "--data", file])
        #expect(table.output.contains("1 faults found"))
    }

    @Test(arguments: ["copy", "copy/", "copy.sqlite"])
    func backupLeavesWhatIsThereAlone(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + name
        let there = path.hasSuffix("/") ? String(path.dropLast()) : path
        _ = try directory.write("mine", to: URL(filePath: there).lastPathComponent)
        let run = await CommandLineRun.run(["backup", "--data", directory.path, "--to", path])
        #expect(run.status == .cannotCreate)
        #expect(try String(contentsOfFile: there, encoding: .utf8) == "mine")
    }

    @Test func backupOfNothingLeavesNothing() async throws {
        let directory = try TemporaryDirectory()
        let run = await CommandLineRun.run(
            ["backup", "--data", directory.path + "/none", "--to", directory.path + "/copy"])
        #expect(run.status == .noInput)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func backupOfAStoresFileTakesTheKeysBesideIt() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        let store = try await BlockStore.open(
            directory: data, now: { Timestamp(microseconds: 0) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await store.close()
        try SecretFile.create(data + "/admin-key", bytes: Array("made-up".utf8))
        let run = await CommandLineRun.run(
            ["backup", "--data", data + "/" + StoreBackup.fileName, "--to", directory.path + "/copy"])
        #expect(run.status == .success, "\(run.error)")
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/copy")
        #expect(Set(files) == [StoreBackup.fileName, "admin-key", "RESTORE.txt"])
    }

    /// Another run that began in between: what it makes is its own.
    @Test func aBackupThatFailsLeavesWhatAnotherMakes() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("half", to: "copy.partial")
        #expect(throws: CommandFailure.self) {
            try BackupDirectory(path: directory.path + "/copy.partial").make(from: directory.path) { _ in }
        }
        #expect(throws: (any Error).self) {
            try StoreBackup.copy(from: directory.path, to: directory.path + "/copy.partial") { _, _ in }
        }
        #expect(try String(contentsOfFile: directory.path + "/copy.partial", encoding: .utf8) == "half")
        #expect(throws: CommandFailure.self) {
            try BackupDirectory(path: directory.path + "/own").make(from: directory.path) { _ in
                throw CommandFailure(.ioError, "no copy")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/own"))
    }

    @Test func backupDoesNotMeddleWithOneThatIsUnderWay() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("half", to: "copy.partial")
        let run = await CommandLineRun.run(["backup", "--data", directory.path, "--to", directory.path + "/copy"])
        #expect(run.status == .cannotCreate)
        #expect(run.error.contains("copy.partial"))
        #expect(try String(contentsOfFile: directory.path + "/copy.partial", encoding: .utf8) == "half")
    }
}
