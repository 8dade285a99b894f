import ConnectorLogCore
import Synchronization
import Testing

@testable import ConnectorLogClickHouse

/// What statements are made of.
@Suite struct StatementTests {
    // MARK: - Literals and versions

    @Test(arguments: [
        ("plain text", "'plain text'"), ("it's \\ 'quoted'", "'it\\x27s \\x5c \\x27quoted\\x27'"),
        ("\u{0}\n\u{e9}", "'\\x00\\x0a\\xc3\\xa9'"),
    ])
    func nothingOfATextEndsItsLiteral(_ text: String, _ literal: String) {
        #expect(Dialect.text(text) == literal)
    }

    @Test(arguments: [("18.16.1", 1816), ("24.9.2.42", 2409), ("26.1", 2601)])
    func versionsAreRead(_ text: String, _ version: Int) throws {
        #expect(try #require(Dialect(version: text)).version == version)
    }

    @Test(arguments: ["", "24", "x.1", "24.x", "240.1"]) func othersAreNot(_ text: String) {
        #expect(Dialect(version: text) == nil)
    }

    @Test func tablesHaveWhatTheVersionHas() throws {
        func statements(_ version: String) throws -> String {
            ClickHouseMigration(dialect: try #require(Dialect(version: version)), database: "log", cluster: nil)
                .statements.joined(separator: "\n")
        }
        let (old, new) = (try statements("18.16.1"), try statements("24.9.1"))
        for word in ["CODEC", "LowCardinality", "DateTime64", "bloom_filter"] {
            #expect(!old.contains(word))
            #expect(new.contains(word))
        }
        for word in ["DROP", "DELETE", "TRUNCATE", "REPLACE"] { #expect(!old.contains(word) && !new.contains(word)) }
    }

    @Test func onAClusterEachServerHasTheTables() throws {
        let statements = ClickHouseMigration(
            dialect: try #require(Dialect(version: "18.16.1")), database: "log", cluster: "west"
        ).statements
        #expect(statements.allSatisfy { $0.contains("ON CLUSTER west") })
        #expect(statements.count == 1 + 2 * Tables.all.count)
        #expect(
            statements.contains { $0.contains("ReplicatedMergeTree('/clickhouse/tables/{shard}/log/entries_local'") })
        #expect(statements.contains { $0.contains("Distributed(west, log, entries_local, rand())") })
    }

    // MARK: - Commits that do not count

    @Test(
        arguments: [
            ([4], "(commit = 4)"), ([7, 5, 6, 9], "(commit BETWEEN 5 AND 7 OR commit = 9)"),
            ([3, 3], "(commit = 3)"),
        ] as [([UInt64], String)])
    func runsOfCommitsAreShort(_ commits: [UInt64], _ condition: String) {
        #expect(CommitRuns(commits).condition == condition)
    }

    @Test func hiddenCommitsAreLeftOut() {
        let none = Conditions(team: 1, CommitSnapshot(last: 9, hidden: []))
        #expect(none.sql == "team_id = 1 AND commit <= 9")
        let some = Conditions(team: 1, CommitSnapshot(last: 9, hidden: [4, 5]))
        #expect(some.sql == "team_id = 1 AND commit <= 9 AND NOT (commit BETWEEN 4 AND 5)")
    }

    // MARK: - Headers

    @Test func headersAreWhatTheyWereBehindTheirMarks() {
        let headers = [
            HeaderField(name: "X-Request-ID", value: "id-7"), HeaderField(name: "X-Other", value: "id-78"),
            HeaderField(name: "traceparent", value: "00-abc123-def-01"), HeaderField(name: "Empty", value: ""),
            HeaderField(name: "Null", value: "\u{0}R"), HeaderField(name: "Nulls", value: "\u{0}\u{0}T"),
        ]
        let references = HeaderReferences(requestID: Array("id-7".utf8)[...], traceID: Array("abc123".utf8)[...])
        var bytes: [UInt8] = []
        references.compacted(HeaderList.encode(headers)[...], to: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("abc123") && text.contains("id-78") && text.ranges(of: "id-7").count == 1)
        #expect(restored(bytes, references) == headers)
        // Without ids to refer to.
        var plain: [UInt8] = []
        let none = HeaderReferences(requestID: nil, traceID: nil)
        none.compacted(HeaderList.encode(headers)[...], to: &plain)
        #expect(restored(plain, none) == headers)
    }

    private func restored(_ bytes: [UInt8], _ references: HeaderReferences) -> [HeaderField]? {
        var whole: [UInt8] = []
        references.restored(bytes[...], to: &whole)
        return HeaderList.decode(whole[...])
    }

    // MARK: - Windows of time

    private static let now = Timestamp(microseconds: 1_700_000_000_000_000)

    /// Each begins where the one before ended, and together they leave nothing out.
    @Test(arguments: [PageOrder.newestFirst, .oldestFirst], [false, true])
    func windowsCoverAllTimes(_ order: PageOrder, _ isBounded: Bool) {
        var query = EntryQuery(teamID: 1, order: order)
        if isBounded { query.after = PagePosition(time: Self.now, id: EntryID(high: 1, low: 1)) }
        var windows = TimeWindows(query, latest: Self.now.advanced(bySeconds: 7))
        var all: [TimeWindows.Window] = []
        while let window = windows.next() { all.append(window) }
        #expect(all.count < 20)
        for (first, second) in zip(all, all.dropFirst()) {
            #expect(order == .newestFirst ? first.from == second.to : first.to == second.from)
        }
        switch order {
        case .newestFirst:
            #expect(all.last?.from == nil)
            // The latest row, and the row at the place itself, are in the first window.
            let latest = isBounded ? Self.now : Self.now.advanced(bySeconds: 7)
            #expect(all.first?.to == latest.advanced(byMicroseconds: 1))
        case .oldestFirst:
            #expect(all.first?.from == (isBounded ? Self.now : nil))
            #expect(all.last?.to == nil)
        }
    }

    @Test(arguments: [PageOrder.newestFirst, .oldestFirst]) func whereNothingIsKnownAllIsOneWindow(_ order: PageOrder) {
        var windows = TimeWindows(EntryQuery(teamID: 1, order: order), latest: nil)
        #expect(windows.next() == TimeWindows.Window() && windows.next() == nil)
    }

    // MARK: - Servers

    @Test func serversThatFailedAreAskedLastForAWhile() {
        let start = ContinuousClock.now
        let later = Timer(start)
        let health = HostHealth(count: 3, now: { later.now })
        health.note(1, isWell: false)
        for _ in 0..<6 { #expect(health.order(of: [0, 1, 2]).last == 1) }
        later.now = start + HostHealth.patience
        #expect(Set((0..<3).map { _ in health.order(of: [0, 1, 2])[0] }) == [0, 1, 2])
        health.note(1, isWell: false)
        health.note(1, isWell: true)
        #expect(Set((0..<3).map { _ in health.order(of: [0, 1, 2])[0] }) == [0, 1, 2])
    }

    @Test func shardsWithoutAQuorumAreAvoided() {
        let health = HostHealth(count: 4)
        health.note(0, isWell: false)
        let shards = [[0, 1], [2, 3]].map { Topology.Shard(folder: "/shard", hosts: $0, replicas: 2) }
        for turn in 0..<4 { #expect(health.best(of: shards, turn: turn).shard.hosts == [2, 3]) }
    }
}

/// An instant that a test moves on.
private final class Timer: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init(_ instant: ContinuousClock.Instant) { self.instant = Mutex(instant) }

    var now: ContinuousClock.Instant {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}
