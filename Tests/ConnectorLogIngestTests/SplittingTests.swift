import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// Lines and elements come out the same however the bytes arrive.
@Suite
struct SplittingTests {
    static let lines = [
        #"{"connector_identifier":"a","event":"x\"y"}"#,
        #"{"connector_identifier":"b","request_body":{"k":["}","]"]}}"#, "", "  ", #"{"bad":"#, "nonsense",
        #"{"connector_identifier":"c","event":"ünï🙂"}"#, #"{"type":"fault","name":"n"}"#,
    ]
    static let elements =
        #" [ {"connector_identifier":"a","event":"x\"y\\"} ,{"connector_identifier":"b","request_body":{"k":["}","]"]}},12, "s,]" ,{"bad":}, {"connector_identifier":"c","event":"ünï🙂"},[],null] "#

    private func same(_ a: IngestRun, _ b: IngestRun) -> Bool {
        a.outcome.accepted == b.outcome.accepted && a.rejected == b.rejected && a.batch?.entries == b.batch?.entries
            && a.batch?.faults == b.batch?.faults
    }

    @Test(arguments: ["\n", "\r\n"])
    func everyCutOfNDJSONGivesTheSame(newline: String) async throws {
        let body = Array(Self.lines.joined(separator: newline).utf8)
        let whole = try await IngestRun(body)
        #expect(whole.outcome.accepted == 4)
        #expect(whole.rejected.map(\.line) == [5, 6])
        #expect(whole.rejected.map(\.error.code) == [.invalidJSON, .invalidJSON])
        for cut in 0...body.count {
            #expect(same(try await IngestRun(body, cuts: [cut]), whole), "cut at \(cut)")
        }
        #expect(same(try await IngestRun(body, cuts: Array(0..<body.count)), whole), "byte by byte")
        let closed = body + Array(newline.utf8)
        for cut in [0, body.count, closed.count - 1, closed.count] {
            #expect(same(try await IngestRun(closed, cuts: [cut]), whole), "with a last newline, cut at \(cut)")
        }
    }

    @Test func everyCutOfAnArrayGivesTheSame() async throws {
        let body = Array(Self.elements.utf8)
        let whole = try await IngestRun(body, media: .json)
        #expect(whole.outcome.accepted == 3)
        #expect(whole.rejected.map(\.line) == [3, 4, 5, 7, 8])
        #expect(
            whole.rejected.map(\.error.code) == [.notAnObject, .notAnObject, .invalidJSON, .notAnObject, .notAnObject])
        for cut in 0...body.count {
            #expect(same(try await IngestRun(body, media: .json, cuts: [cut]), whole), "cut at \(cut)")
        }
        #expect(same(try await IngestRun(body, media: .json, cuts: Array(0..<body.count)), whole), "byte by byte")
    }

    @Test func randomCutsGiveTheSame() async throws {
        var generator = SeededRandom(seed: 13)
        let line = #"{"connector_identifier":"a","request_body":"\#(String(repeating: "x\\n", count: 50))"}"#
        let ndjson = Array(Array(repeating: line, count: 40).joined(separator: "\n").utf8)
        let array = Array("[\(Array(repeating: line, count: 40).joined(separator: ","))]".utf8)
        for (body, media) in [(ndjson, IngestFormat.Media.ndjson), (array, .json)] {
            let whole = try await IngestRun(body, media: media)
            #expect(whole.outcome.accepted == 40)
            for _ in 0..<30 {
                let cuts = (0..<20).map { _ in Int.random(in: 0...body.count, using: &generator) }.sorted()
                #expect(same(try await IngestRun(body, media: media, cuts: cuts), whole))
            }
        }
    }

    @Test(arguments: [IngestFormat.Media.ndjson, .json])
    func toleratesAByteOrderMarkAtTheVeryStart(media: IngestFormat.Media) async throws {
        let body: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(#"{"connector_identifier":"a"}"#.utf8)
        for cut in 0..<6 {
            #expect(try await IngestRun(body, media: media, cuts: [cut]).outcome.accepted == 1)
        }
        let second = Array("{\"connector_identifier\":\"a\"}\n".utf8) + body
        #expect(try await IngestRun(second).rejected.map(\.line) == [2])
    }

    @Test func takesOneObject() async throws {
        let run = try await IngestRun(" {\"connector_identifier\":\"a\"}\n ", media: .json)
        #expect(run.outcome.accepted == 1 && run.rejected.isEmpty)
    }

    struct Broken: Sendable {
        var body: String
        var accepted: Int
        var line: Int
        var message: String
    }

    @Test(arguments: [
        Broken(
            body: #"[{"connector_identifier":"a"} {"connector_identifier":"b"}]"#, accepted: 1, line: 2,
            message: "a comma or closing bracket is expected, at byte 30 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"},]"#, accepted: 1, line: 2,
            message: "an element is expected, at byte 30 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"},,{"connector_identifier":"b"}]"#, accepted: 1, line: 2,
            message: "an element is expected, at byte 30 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"}"#, accepted: 1, line: 2,
            message: "the array ends early, at byte 29 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"},"#, accepted: 1, line: 2,
            message: "the array ends early, at byte 30 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"},{"connector"#, accepted: 1, line: 2,
            message: "ends early, at byte 41 of the body"),
        Broken(
            body: #"[{"connector_identifier":"a"}] x"#, accepted: 1, line: 2,
            message: "nothing more is expected, at byte 31 of the body"),
        Broken(
            body: #"{"connector_identifier":"a"} {"connector_identifier":"b"}"#, accepted: 1, line: 2,
            message: "nothing more is expected, at byte 29 of the body"),
        Broken(
            body: #"{"connector_identifier":"a""#, accepted: 0, line: 1, message: "ends early, at byte 27 of the body"),
        Broken(body: "[,1]", accepted: 0, line: 1, message: "an element is expected, at byte 1 of the body"),
        Broken(body: "[", accepted: 0, line: 1, message: "the array ends early, at byte 1 of the body"),
        Broken(body: "[}", accepted: 0, line: 1, message: "an element is expected, at byte 1 of the body"),
    ])
    func aBreakBetweenElementsEndsTheRestAndKeepsWhatWasBefore(_ c: Broken) async throws {
        for cuts in [[], Array(0..<c.body.utf8.count)] {
            let run = try await IngestRun(c.body, media: .json, cuts: cuts)
            #expect(run.outcome.accepted == c.accepted)
            #expect(run.rejected == [RejectedLine(line: c.line, error: LineError(.invalidJSON, c.message))])
        }
    }

    @Test(arguments: ["1", "\"a\"", "null", "x", "]", "\u{FEFF}\u{FEFF}[]"])
    func anythingElseIsNoBody(body: String) async throws {
        await #expect(throws: IngestError.self) { try await IngestRun(body, media: .json) }
        do {
            _ = try await IngestRun(body, media: .json)
        } catch let error as IngestError {
            guard case .invalidJSON = error.code else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test(arguments: [
        ("", IngestFormat.Media.ndjson), ("\n\n \r\n", .ndjson), ("", .json), (" \n", .json), ("[]", .json),
        (" [ ] ", .json), ("\u{FEFF}", .ndjson), ("\u{FEFF}", .json),
    ])
    func nothingIsEmpty(body: String, media: IngestFormat.Media) async throws {
        do {
            _ = try await IngestRun(body, media: media)
            Issue.record("taken")
        } catch let error as IngestError {
            guard case .empty = error.code else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func invalidUTF8IsNamedWithItsOffset() async throws {
        for bytes in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
            let head = Array("{\"connector_identifier\":\"a\",\"event\":\"".utf8)
            let body =
                Array("{\"connector_identifier\":\"a\"}\n".utf8) + head + bytes
                + Array("\"}\n{\"connector_identifier\":\"b\"}".utf8)
            let run = try await IngestRun(body)
            #expect(run.outcome.accepted == 2)
            #expect(
                run.rejected == [
                    RejectedLine(line: 2, error: LineError(.invalidUTF8, "no UTF-8, at byte \(head.count)"))
                ])
        }
    }
}
