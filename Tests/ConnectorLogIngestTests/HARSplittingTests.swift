import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// Where an archive's entries are found, however its bytes arrive, and what is said of one that is none.
@Suite struct HARSplittingTests {
    private static func entry(_ name: String) -> String { #"{"request":{"url":"https://\#(name)/"}}"# }

    private static let archives = [
        #"{"log":{"version":"1.2","creator":{"name":"a"},"entries":[\#(entry("a")),\#(entry("b"))]}}"#,
        // Entries first, and names that are elsewhere, too.
        #" { "x":[1,{"log":{"entries":[3]}}], "log" : { "entries" : [ \#(entry("a")) , \#(entry("b")) ] , "pages":[{"entries":[1]}],"version":"1.1" }, "entries":[1], "y":"}\"]" } "#,
        "\u{FEFF}"
            + #"{"log":{"ver\u0073ion":"2","comment":"\"entries\":[","entries":[\#(entry("a")),\#(entry("b"))],"browser":null,"n":-1.5e3}}"#,
    ]

    @Test(arguments: archives)
    func everyCutGivesTheSame(archive: String) async throws {
        let body = Array(archive.utf8)
        for cuts in [[], Array(0..<body.count)] + (0...body.count).map({ [$0] }) {
            let run = try await IngestRun(body, media: .har, cuts: cuts)
            #expect(run.rejected.isEmpty)
            #expect(run.batch?.text(.connector, 0) == "a", "cuts \(cuts.prefix(2))")
            #expect(run.batch?.text(.connector, 1) == "b", "cuts \(cuts.prefix(2))")
            #expect(run.outcome.accepted == 2)
        }
    }

    @Test(arguments: [
        ("[]", "this is no HAR: an object is expected, at byte 0"),
        ("GET / HTTP/1.1", "this is no HAR: an object is expected, at byte 0"),
        ("{}", "this is no HAR: it has no log.entries"),
        (#"{"log":{}}"#, "this is no HAR: it has no log.entries"),
        (#"{"entries":[{}]}"#, "this is no HAR: it has no log.entries"),
        (#"{"connector_identifier":"a"}"#, "this is no HAR: it has no log.entries"),
        (#"{"log":[]}"#, "this is no HAR: log is no object, at byte 7"),
        (#"{"log":{"entries":{}}}"#, "this is no HAR: log.entries is no array, at byte 18"),
        (#"{"log":{"entries":null}}"#, "this is no HAR: log.entries is no array, at byte 18"),
        (#"{"log":{"version":"2.0","entries":[]}}"#, "this is no HAR: its version is not 1.x, at byte 23"),
        // Though the entry before it is good: another version may mean another thing by it.
        (
            #"{"log":{"entries":[{"request":{"url":"https://a/"}}],"version":"2.0"}}"#,
            "this is no HAR: its version is not 1.x, at byte 68"
        ),
    ])
    func whatIsNoArchiveIsRefusedAsAWhole(body: String, message: String) async throws {
        let error = await #expect(throws: IngestError.self) { _ = try await IngestRun(body, media: .har) }
        guard case .invalidJSON = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.message == message)
    }

    @Test(arguments: ["", "   ", #"{"log":{"version":"1.2","entries":[]}}"#])
    func nothingIsNothingToStore(body: String) async throws {
        let error = await #expect(throws: IngestError.self) { _ = try await IngestRun(body, media: .har) }
        guard case .empty = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func anArchiveThatBreaksOffKeepsWhatCameBefore() async throws {
        let body = Self.archives[0]
        var broken = 0
        for length in 1..<body.utf8.count {
            let run = try await IngestRun(Array(body.utf8.prefix(length)), media: .har)
            #expect(run.rejected.count == 1, "at \(length)")
            #expect(run.rejected.first?.error.code == .invalidJSON)
            #expect(run.rejected.first?.line == run.outcome.accepted + 1)
            broken += run.outcome.accepted
        }
        #expect(broken > 0)
    }

    @Test(arguments: [
        (#"{"log":{"entries":[\#(entry("a"))]"version":"1.2"}}"#, LineError.Code.invalidJSON),
        (#"{"log":{"entries":[\#(entry("a"))],}}"#, .invalidJSON),
        (#"{"log":{"entries":[\#(entry("a"))],"x"}}"#, .invalidJSON),
        (#"{"log":{"entries":[\#(entry("a"))],"x":}}"#, .invalidJSON),
        (#"{"log":{"entries":[\#(entry("a"))]}} {}"#, .invalidJSON),
        (#"{"log":{"entries":[\#(entry("a")) \#(entry("b"))]}}"#, .invalidJSON),
        (#"{"log":{"entries":[\#(entry("a"))],"entries":[\#(entry("b"))]}}"#, .duplicateMember),
        (#"{"log":{"entries":[\#(entry("a"))]},"log":{"entries":[\#(entry("b"))]}}"#, .duplicateMember),
    ])
    func whatGoesWrongBehindAnEntryIsToldAndTheEntryKept(body: String, code: LineError.Code) async throws {
        for cuts in [[], Array(0..<body.utf8.count)] {
            let run = try await IngestRun(body, media: .har, cuts: cuts)
            #expect(run.outcome.accepted == 1)
            #expect(run.rejected.map(\.line) == [2])
            #expect(run.rejected.map(\.error.code) == [code])
            #expect(run.rejected.first?.error.message.contains("at byte ") == true)
        }
    }

    @Test(arguments: [100, 4096, 1 << 30])
    func anEntryThatIsTooLongIsToldByItsNumber(piece: Int) async throws {
        var limits = IngestLimits()
        limits.archiveEntryBytes = 1000
        let good = Self.entry("a")
        func entry(of count: Int) -> String {
            let empty = #"{"request":{"url":"https://a/"},"comment":""}"#
            return
                #"{"request":{"url":"https://a/"},"comment":"\#(String(repeating: "x", count: count - empty.utf8.count))"}"#
        }
        let body = HARTests.archive(good, entry(of: 1001), entry(of: 1000), entry(of: 5000), good)
        let cuts = Array(stride(from: piece, to: body.utf8.count, by: piece))
        let run = try await IngestRun(body, media: .har, cuts: cuts, limits: limits)
        #expect(run.outcome.accepted == 3)
        #expect(run.rejected.map(\.line) == [2, 4])
        #expect(
            run.rejected.allSatisfy { $0.error == LineError(.lineTooLong, "longer than 1000 bytes") })
    }

    @Test func moreEntriesThanARequestMayHaveAreRefused() async throws {
        var limits = IngestLimits()
        limits.requestLines = 2
        let body = HARTests.archive(Self.entry("a"), Self.entry("b"), Self.entry("c"))
        await #expect(throws: IngestError.self) { _ = try await IngestRun(body, media: .har, limits: limits) }
    }

    @Test func whatIsNoEntryIsNotHeld() async throws {
        let pipeline = IngestRun.pipeline(MemoryWriter())
        var session = pipeline.makeSession(
            format: IngestFormat(media: .har, encoding: .identity), caller: IngestRun.team7)
        try session.feed(Array(#"{"log":{"comment":""#.utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for _ in 0..<160 { try session.feed(piece) }
        #expect(pipeline.bytesInFlight < 1 << 20)
        try session.feed(Array(#"","entries":[{"request":{"url":"https://a/","postData":{"text":""#.utf8))
        for _ in 0..<700 { try session.feed(piece) }
        // 45 MB of one entry: no more than twice the longest one is held.
        #expect(pipeline.bytesInFlight <= 2 * Limits.archiveEntryBytes + 1 << 20)
        try session.feed(Array((#""}}},"# + Self.entry("b") + "]}}").utf8))
        guard case .stored(let outcome) = try await session.finish(idempotencyKey: nil, encodeAnswer: { _ in [] })
        else { return }
        #expect(outcome.accepted == 1)
        #expect(outcome.rejected.map(\.error.code) == [.lineTooLong])
    }
}
