import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Logging

@testable import ConnectorLogBlockStore

/// A store in a directory of its own, with a clock and random bits that a test controls.
struct TemporaryStore {
    let directory: String
    let clock: ManualClock

    init(clock: ManualClock = ManualClock()) {
        directory = FileManager.default.temporaryDirectory.path + "/connectorlog-" + UUID().uuidString
        self.clock = clock
    }

    func open(reservedBytes: Int = 0) async throws -> BlockStore {
        try await BlockStore.open(
            directory: directory, now: { [clock] in clock.now }, random: SeededRandom(seed: 7),
            reservedBytes: reservedBytes, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// The files as a crash would leave them now, in a directory of their own.
    func afterCrash() throws -> TemporaryStore {
        let copy = TemporaryStore(clock: clock)
        try FileManager.default.createDirectory(atPath: copy.directory, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] {
            let name = "/" + StoreDatabase.fileName + suffix
            try FileManager.default.copyItem(atPath: directory + name, toPath: copy.directory + name)
        }
        return copy
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Runs `body` on a store that is closed and removed afterwards.
    static func with<Result>(_ body: (BlockStore, ManualClock) async throws -> Result) async throws -> Result {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let result = try await body(store, temporary.clock)
        try await store.close()
        return result
    }
}

extension Fixtures {
    /// Entries of some teams, connectors and states that repeat, one millisecond apart.
    static func entries(_ count: Int, from start: Timestamp, teams: Int64 = 3, seed: UInt64 = 1) -> [SampleEntry] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            let team = Int64.random(in: 1...teams, using: &random)
            var entry = SampleEntry(
                team: team, at: start.advanced(byMicroseconds: Int64(number) * 1000),
                connector: "conn\(Int.random(in: 0..<5, using: &random))",
                status: [200, 201, 404, 500, nil].randomElement(using: &random) ?? nil)
            entry.event = "data.load"
            entry.method = "GET"
            entry.uri = "https://api.example.com/v1/orders/\(number)?limit=10"
            entry.durationMicroseconds = Int64.random(in: 1...900, using: &random) * 1000
            entry.requestID = EntryID(high: random.next(), low: random.next()).description
            entry.flowID = "flow-\(number % 4)"
            entry.flowName = "Flow \(number % 4)"
            entry.stateID = "state-\(team)-\(number / 20)"
            entry.traceID = String(random.next(), radix: 16).leftPadded(to: 32)
            entry.requestHeaders = [HeaderField(name: "Accept", value: "application/json")]
            entry.responseHeaders = [
                HeaderField(name: "X-Request-Id", value: "vendor-\(number)"), HeaderField(name: "Via", value: "a"),
                HeaderField(name: "Via", value: "b"),
            ]
            if number.isMultiple(of: 3) { entry.requestBody = .text("{\"n\":\(number)}") }
            if number.isMultiple(of: 7) { entry.responseBody = .binary([0, 1, 2, UInt8(number % 256)]) }
            return entry
        }
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: Swift.max(0, length - count)) + self
    }
}
