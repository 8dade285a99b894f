import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

/// Reports of Boomi Flow, on bytes that Boomi never sent: no crash, the same outcome however the bytes are cut, and every
/// part that was taken becomes part of exactly one entry.
@Suite struct BoomiFuzzTests {
    private static let events = [
        BoomiSample.asked, BoomiSample.answered, BoomiSample.failed, BoomiSample.state(),
        BoomiSample.state(
            #""isDone":true,"rootFaults":{"F":"{\"message\":\"m\",\"responseHeaders\":{\"a\":[\"b\"]}}","G":"plain"}"#),
        #"{"type":"api.request","id":"1"}"#,
        BoomiSample.event(
            "request", id: "d", request: "other",
            data:
                #"{"request":{"method":"PUT","headers":[{"key":"A","value":1}],"body":[{"contentType":"ContentPassword","contentValue":"x"}]}}"#,
            more: #","size":9223372036854775807,"duration":9223372036854775807"#),
        BoomiSample.event(
            "failure", id: "e", request: "other",
            data:
                #""{\"problem\":{\"statusCode\":500,\"responseBody\":\"{\\\"contentType\\\":\\\"ContentEncrypted\\\"\"}}""#
        ),
    ].map { Array($0.utf8) }

    private static let tokens: [[UInt8]] =
        [
            "\"", "\\", "\\u", "\\ud800", "\\u0000", "{", "}", "[", "]", ":", ",", "null", "-", "1e999", "-0", ".5",
            "99999999999999999999", "\n", "\u{FEFF}", #""type":"serviceinvoker.request","#, #""request":"r","#,
            #""data":"#,
            #""id":"#, #""problem":"#, #""rootFaults":"#, "ContentPassword", #""contentType":"#, "serviceinvoker.",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x00], [0x1F], [UInt8](repeating: UInt8(ascii: "["), count: 80),
            [UInt8](repeating: UInt8(ascii: "9"), count: 400), Array(String(repeating: "x", count: 300).utf8),
        ]

    private static func body(_ random: inout SeededRandom) -> [UInt8] {
        var events = (0..<Int.random(in: 1...6, using: &random)).map { _ in random.pick(Self.events) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let index = Int.random(in: 0..<events.count, using: &random)
            change(&events[index], &random)
        }
        var body = [UInt8(ascii: "[")] + events.joined(separator: [0x2C]) + [0x5D]
        while random.chance(20) { change(&body, &random) }
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
            let other = random.pick(events)
            let from = Int.random(in: 0..<other.count, using: &random)
            bytes.replaceSubrange(at..<end, with: other[from..<min(other.count, from + 40)])
        }
    }

    private struct Seen: Equatable {
        var outcome: BoomiOutcome?
        var waiting = PendingCounts(parts: 0, bytes: 0)
        var joined = CallJoiner.Outcome()
        var entries: [LogEntry] = []
        var faults: [RootFault] = []
    }

    private func run(_ body: [UInt8], cuts: [Int]) async throws -> Seen {
        let run = try await BoomiRun()
        var seen = Seen()
        seen.outcome = try? await run.report(body, cuts: cuts)
        #expect(run.intake.pipeline.bytesInFlight == 0)
        seen.waiting = try await run.store.pendingCounts(team: nil)
        run.clock.advance(bySeconds: 61)
        seen.joined = try await run.join()
        seen.entries = try await run.entries()
        seen.faults = try await run.faults()
        #expect(try await run.store.pendingCounts(team: nil).parts == 0)
        return seen
    }

    @Test func damagedReportsAreTakenAsTheyAreWorth() async throws {
        var taken = 0
        for var round in FuzzRounds("boomi", count: 400) {
            let body = Self.body(&round.random)
            let whole = try await run(body, cuts: [])
            let cuts = (0..<Int.random(in: 1...8, using: &round.random))
                .map { _ in Int.random(in: 0...body.count, using: &round.random) }.sorted()
            let inPieces = try await run(body, cuts: cuts)
            #expect(
                inPieces == whole, "round \(round.number), cut at \(cuts): \(String(decoding: body, as: UTF8.self))")
            let joined = whole.joined
            let parts = 2 * joined.joined + joined.requestsAlone + joined.answersAlone
            #expect(parts == whole.waiting.parts, "round \(round.number)")
            #expect(
                whole.entries.count == joined.joined + joined.requestsAlone + joined.answersAlone,
                "round \(round.number)")
            if whole.outcome == nil {
                #expect(whole.waiting.parts == 0 && whole.faults.isEmpty, "round \(round.number)")
            } else {
                taken += 1
            }
        }
        #expect(taken > 100)
    }

    @Test func damagedPartsAreToldOrRead() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.failed)
        let parts = try await run.store.pendingCalls(arrivedBefore: .latest, limit: 10, bytes: .max).flatMap(\.self)
        let whole = parts.compactMap { $0.entry?.bytes }
        #expect(whole.count == 2)
        for bytes in whole { #expect(PackedEntry(bytes: bytes)?.without([]) == PackedEntry(bytes: bytes)) }
        var read = 0
        for var round in FuzzRounds("packed", count: 4000) {
            var bytes = round.random.pick(whole)
            for _ in 0..<Int.random(in: 1...4, using: &round.random) { Self.change(&bytes, &round.random) }
            guard let entry = PackedEntry(bytes: bytes) else { continue }
            read += 1
            var join = CallJoin()
            join.fill(request: entry, answer: parts[1].entry)
            join.fill(request: nil, answer: entry)
            join.fill(request: entry, answer: nil)
        }
        #expect(read > 100)
    }
}
