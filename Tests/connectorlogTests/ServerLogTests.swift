import ConnectorLogCore
import Logging
import Synchronization
import Testing

@testable import connectorlog

@Suite struct ServerLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func log(_ format: ServerLog.Format, _ body: (Logger) -> Void) -> [String] {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in
            ServerLog(
                level: .info, format: format, now: { Timestamp(microseconds: 1_700_000_000_000_001) },
                write: { line in lines.all.withLock { $0.append(line) } })
        }
        body(logger)
        return lines.all.withLock { $0 }
    }

    @Test func lineHasTimeLevelMessageAndSortedMetadata() {
        let lines = log(.line) { $0.info("opened", metadata: ["path": "a b", "count": "3", "empty": ""]) }
        #expect(lines == ["2023-11-14T22:13:20.000001Z info opened count=3 empty=\"\" path=\"a b\"\n"])
    }

    @Test func valueCannotForgeALine() {
        let lines = log(.line) { $0.error("failed", metadata: ["cause": "x\n2023-11-14T22:13:20Z info all is well"]) }
        #expect(lines.count == 1)
        #expect(lines[0].filter { $0 == "\n" }.count == 1)
    }

    @Test func documentIsOneObjectALine() {
        let lines = log(.json) { $0.warning("slow", metadata: ["ms": "12\"\n"]) }
        #expect(
            lines == [
                #"{"time":"2023-11-14T22:13:20.000001Z","level":"warning","message":"slow","metadata":{"ms":"12\"\n"}}"#
                    + "\n"
            ])
    }

    @Test func belowTheLevelNothingIsWritten() {
        #expect(log(.line) { $0.debug("detail") }.isEmpty)
    }
}
