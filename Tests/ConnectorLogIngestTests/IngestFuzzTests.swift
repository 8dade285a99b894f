import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogIngest

/// The way in, on bytes that no sender meant: no crash, the same outcome however the bytes are cut, no more memory than
/// they are worth, and no line accepted that is no JSON.
@Suite struct IngestFuzzTests {
    private static let lines = [
        #"{"connector_identifier":"crm","method":"POST","uri":"https://api.example.com/v1/a?api_key=made-up&b=%41","status":422,"duration_ms":81.25,"request_headers":{"Authorization":"Bearer made-up-1","Via":["a","b"]},"response_body":{"error":"amount","n":[1,2.5e3,null,true]},"attributes":{"a":1,"b":"x"}}"#,
        #"{"type":"entry","team_id":8,"connector_identifier":"crm","log_time":"2026-11-01T12:00:00.123456+02:00","event":"data.load","outcome":"failed","request_id":"r-1","flow_id":"f","flow_name":"\u00fc\ud83d\udc4b","flow_version":3,"state_id":"s","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","request_body":"AAEC","request_body_encoding":"base64","request_body_size":99,"request_body_truncated":true,"error_name":"E","error_message":"m","more":"kept"}"#,
        #"{"type":"fault","name":"Bad Gateway","state_id":"s","flow_id":"f","kind":"api","uri":"https://u:p@h/","message":"m","status_code":502,"response_headers":{"X":"y"},"response_body":"b","invoke_type":"FORWARD","action":"a","entry_request_id":"r-1"}"#,
        #"{"type":"state","state_id":"s","flow_id":"f","flow_name":"n","flow_version":"2","status":"failed","current_step":"c","user":"u","join_uri":"https://h/j","created_at":"2026-11-01T12:00:00Z","updated_at":"2026-11-01T12:00:01Z"}"#,
        #"{"connector_identifier":"crm","status":null,"request_headers":{},"request_body":[],"response_body":""}"#,
    ].map { Array($0.utf8) }

    /// What turns up where a parser goes wrong.
    private static let tokens: [[UInt8]] =
        [
            "\"", "\\", "\\u", "\\ud800", "\\u0000", "{", "}", "[", "]", ":", ",", "null", "tru", "-", "1e999", "-0",
            "01", ".5",
            "99999999999999999999", "\n", "\r\n", "\n\n", " ", "\t", "\u{FEFF}", "\u{2028}", "\"type\":\"fault\",",
            "\"connector_identifier\":\"x\",", "\"request_body\":", "\"request_body_encoding\":\"base64\",", "/*", "'",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x00], [0x1F],
            [UInt8](repeating: UInt8(ascii: "["), count: 80), [UInt8](repeating: UInt8(ascii: "9"), count: 400),
        ]

    private static func body(_ random: inout SeededRandom, media: IngestFormat.Media) -> [UInt8] {
        var lines = (0..<Int.random(in: 1...6, using: &random)).map { _ in random.pick(Self.lines) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let index = Int.random(in: 0..<lines.count, using: &random)
            change(&lines[index], &random)
        }
        var body =
            media == .ndjson
            ? Array(lines.joined(separator: [0x0A])) : [UInt8(ascii: "[")] + lines.joined(separator: [0x2C]) + [0x5D]
        while random.chance(25) { change(&body, &random) }
        return body
    }

    private static func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 1: bytes.removeSubrange(at..<end)
        case 2: bytes.insert(contentsOf: random.pick(tokens), at: at)
        case 3: bytes.replaceSubrange(at..<end, with: random.pick(tokens))
        case 4: bytes.removeSubrange(at...)
        default:
            // Part of another line.
            let other = random.pick(lines)
            let from = Int.random(in: 0..<other.count, using: &random)
            bytes.replaceSubrange(at..<end, with: other[from..<min(other.count, from + 40)])
        }
    }

    private struct Seen: Equatable {
        var accepted = 0
        var rejected: [RejectedLine] = []
        var entries = EntryColumns()
        var faults = 0
        var states = 0
        var isRefused = false
    }

    private func run(
        _ body: [UInt8], _ media: IngestFormat.Media, _ encoding: IngestFormat.Encoding, cuts: [Int]
    ) async -> Seen {
        var seen = Seen()
        do {
            let run = try await IngestRun(body, media: media, encoding: encoding, cuts: cuts)
            seen.accepted = run.outcome.accepted
            seen.rejected = run.rejected
            if let batch = run.batch {
                seen.entries = batch.entries
                (seen.faults, seen.states) = (batch.faults.count, batch.states.count)
            }
        } catch {
            seen.isRefused = true
        }
        return seen
    }

    private func cuts(_ count: Int, _ random: inout SeededRandom) -> [Int] {
        (0..<Int.random(in: 1...8, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    @Test func whateverComesIsTakenWholeOrToldLineByLine() async {
        for var round in FuzzRounds("ingest", count: 600) {
            let media: IngestFormat.Media = round.random.chance(70) ? .ndjson : .json
            let body = Self.body(&round.random, media: media)
            let seen = await run(body, media, .identity, cuts: [])
            let again = await run(body, media, .identity, cuts: cuts(body.count, &round.random))
            #expect(seen == again, "round \(round.number): the outcome depends on how the body is cut")
            #expect(seen.accepted == seen.entries.count + seen.faults + seen.states, "round \(round.number)")
            // A body's bytes once, at most six for one in an escape's place, and a receipt.
            #expect(seen.entries.byteCount <= body.count * 8 + 4096 * (seen.accepted + 1), "round \(round.number)")
            if media == .ndjson, !seen.isRefused { expectAcceptedLinesAreJSON(body, seen, round.number) }
        }
    }

    /// What is learned from lines must change nothing about those behind them.
    @Test func linesAreReadTheSameBehindOthersAsAlone() async {
        for var round in FuzzRounds("lines", count: 300) {
            var lines: [[UInt8]] = []
            for _ in 0..<Int.random(in: 2...12, using: &round.random) {
                var line = Self.shuffled(&round.random)
                if round.random.chance(20) { Self.change(&line, &round.random) }
                line.removeAll { $0 == 0x0A }
                lines.append(line)
            }
            var alone = Seen()
            for (index, line) in lines.enumerated() {
                let seen = await run(line, .ndjson, .identity, cuts: [])
                alone.accepted += seen.accepted
                alone.rejected += seen.rejected.map { RejectedLine(line: index + 1, error: $0.error) }
                alone.entries.append(contentsOf: seen.entries)
                alone.faults += seen.faults
                alone.states += seen.states
            }
            let together = await run(Array(lines.joined(separator: [0x0A])), .ndjson, .identity, cuts: [])
            #expect(together == alone, "round \(round.number)")
        }
    }

    private static let members = [
        #""connector_identifier":"crm""#, #""method":"GET""#, #""method" :"PUT""#, #""status":200"#,
        #""met\u0068od":"X""#,
        #""request_headers":{"Accept":"a","Authorization":"Bearer made-up-1","Via":["a","b"],"Set-Cookie":"made-up"}"#,
        #""request_headers":{"Accept":"a", "Via":"c","Authorization" : "made-up","status":"1"}"#,
        #""response_headers":{"Via":"c","Accept":"b","X-A-Name-Of-More-Than-Forty-Eight-Bytes-With-Its-Quotes":"d"}"#,
        #""response_body":{"error":"amount"}"#, #""more":"kept""#, #""other":1"#, #""Via":true"#,
        #""uri":"https://h/""#,
    ]

    /// An entry with some members in some order.
    private static func shuffled(_ random: inout SeededRandom) -> [UInt8] {
        let members =
            random.chance(50)
            ? Self.members.filter { _ in random.chance(60) }
            : (0..<Int.random(in: 0...8, using: &random)).map { _ in random.pick(Self.members) }
        return Array("{\(members.joined(separator: random.pick([",", ", ", " ,  "])))}".utf8)
    }

    @Test func moreNamesThanAreLearnedAreRead() async throws {
        let lines = (0..<3).map { _ in
            (0..<20).map { part in
                let headers = (0..<30).map { #""X-\#(part)-\#($0)":"v\#($0)""# }.joined(separator: ",")
                return #"{"connector_identifier":"c","request_headers":{\#(headers)}}"#
            }
            .joined(separator: "\n")
        }
        let run = try await IngestRun(lines.joined(separator: "\n"))
        let batch = try #require(run.batch)
        #expect(batch.entries.count == 60)
        for row in 0..<60 {
            let fields = try #require(batch.headers(.requestHeaders, row))
            #expect(fields.map(\.name) == (0..<30).map { "X-\(row % 20)-\($0)" })
            #expect(fields.map(\.value) == (0..<30).map { "v\($0)" })
        }
    }

    /// Held against Foundation's reader, where that one keeps to RFC 8259.
    private func expectAcceptedLinesAreJSON(_ body: [UInt8], _ seen: Seen, _ round: UInt64) {
        var body = body[...]
        // A byte order mark before the body is passed over.
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        let rejected = Set(seen.rejected.map(\.line))
        var accepted = 0
        for (index, line) in lines.enumerated() where !rejected.contains(index + 1) {
            if line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
            accepted += 1
            #expect(String(validating: line, as: UTF8.self) != nil, "round \(round), line \(index + 1)")
            #expect(
                (try? JSONSerialization.jsonObject(with: Data(line))) is [String: Any],
                "round \(round), line \(index + 1)")
        }
        #expect(accepted == seen.accepted, "round \(round)")
    }

    @Test func damagedCompressionIsRefusedWholeOrTakenAsItWasSent() async {
        for var round in FuzzRounds("compressed-ingest", count: 300) {
            let encoding: IngestFormat.Encoding = round.random.chance(50) ? .gzip : .zstd
            var body: [UInt8] = []
            for _ in 0..<40 { body += round.random.pick(Self.lines) + [0x0A] }
            let expected = await run(body, .ndjson, .identity, cuts: [])
            var packed = encoding == .gzip ? Compressed.gzip(body) : Compressed.zstd(body)
            let whole = packed
            repeat { Self.change(&packed, &round.random) } while round.random.chance(30)
            let seen = await run(packed, .ndjson, encoding, cuts: cuts(packed.count, &round.random))
            if packed == whole {
                #expect(seen == expected, "round \(round.number)")
            } else if encoding == .gzip, !seen.isRefused {
                // gzip has a checksum over everything (RFC 1952, section 2.3.1) but some of its header.
                #expect(seen == expected, "round \(round.number)")
            }
        }
    }
}
