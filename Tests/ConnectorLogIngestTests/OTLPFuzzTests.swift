import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import SwiftProtobuf
import Testing

@testable import ConnectorLogIngest

/// OTLP requests as no exporter makes them: no crash, the same outcome however the bytes are cut, every record accounted for,
/// and nothing held afterwards.
@Suite struct OTLPFuzzTests {
    private static let names =
        KnownAttribute.allCases.map { "\($0.name)" } + [
            "http.request.header.authorization", "http.response.header.", "http.request.header.x_y", "tenant", "",
            "a\u{0}b",
        ]

    private static func value(_ random: inout SeededRandom, depth: Int = 0) -> OTLPAnyValue {
        .with {
            switch Int.random(in: 0..<(depth < 4 ? 9 : 7), using: &random) {
            case 0: $0.intValue = Int64.random(in: -5...600, using: &random)
            case 1: $0.intValue = random.pick([Int64.min, Int64.max])
            case 2: $0.boolValue = random.chance(50)
            case 3: $0.doubleValue = random.pick([0.5, -1, .nan, .infinity, 1e300, 200])
            case 4: $0.bytesValue = Data((0..<Int.random(in: 0...40, using: &random)).map { UInt8($0) })
            case 5: break
            case 6:
                $0.stringValue = random.pick([
                    "", "GET", "https://u:p@h/a?api_key=made-up", "True", "200", "\u{0}", "🙂",
                    String(repeating: "x", count: 9000),
                    #"{"statusCode":502,"responseHeaders":{"a":["b",1,null]},"responseBody":{"x":[]}}"#, "{", "[]",
                ])
            case 7:
                let count = Int.random(in: 0...3, using: &random)
                for _ in 0..<count { $0.arrayValue.values.append(value(&random, depth: depth + 1)) }
            default:
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    $0.kvlistValue.values.append(attribute(&random, depth: depth + 1))
                }
            }
        }
    }

    private static func attribute(_ random: inout SeededRandom, depth: Int = 0) -> OTLPKeyValue {
        .with {
            $0.key = random.pick(names)
            $0.value = value(&random, depth: depth)
        }
    }

    private static func attributes(_ random: inout SeededRandom, upTo limit: Int = 12) -> [OTLPKeyValue] {
        (0..<Int.random(in: 0...limit, using: &random)).map { _ in attribute(&random) }
    }

    private static func id(_ random: inout SeededRandom, _ count: Int) -> Data {
        let count = random.chance(90) ? count : Int.random(in: 0...20, using: &random)
        return Data((0..<count).map { _ in random.chance(95) ? UInt8.random(in: 0...255, using: &random) : 0 })
    }

    private static func span(_ random: inout SeededRandom) -> OTLPSpan {
        var span = random.chance(70) ? OTLPSpan.call() : OTLPSpan()
        span.traceID = id(&random, 16)
        span.spanID = id(&random, 8)
        if random.chance(40) { span.parentSpanID = Data(repeating: 5, count: random.chance(50) ? 8 : 0) }
        if random.chance(30) { span.kind = Int32.random(in: -2...9, using: &random) }
        if random.chance(20) { span.startTimeUnixNano = random.pick([0, 1, .max, UInt64(Int64.max)]) }
        if random.chance(20) { span.endTimeUnixNano = random.pick([0, 1, .max]) }
        span.attributes += attributes(&random)
        span.status.code = Int32.random(in: 0...3, using: &random)
        if random.chance(20) { span.events = [.with { ($0.name, $0.attributes) = ("exception", attributes(&random)) }] }
        return span
    }

    private static func traces(_ random: inout SeededRandom) -> OTLPTracesDocument {
        .with {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let attributes = attributes(&random, upTo: 6)
                let spans = (0..<Int.random(in: 0...4, using: &random)).map { _ in span(&random) }
                $0.resourceSpans.append(
                    .with {
                        $0.resource.attributes = attributes
                        $0.scopeSpans = [.with { $0.spans = spans }]
                    })
            }
        }
    }

    private static func logs(_ random: inout SeededRandom) -> OTLPLogsDocument {
        .with {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                var records: [OTLPLogRecord] = []
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    var record = OTLPLogRecord()
                    record.severityNumber = Int32.random(in: 0...24, using: &random)
                    record.attributes = attributes(&random)
                    record.body = value(&random)
                    record.timeUnixNano = random.pick([0, 1, .max])
                    record.traceID = id(&random, 16)
                    records.append(record)
                }
                let attributes = attributes(&random, upTo: 6)
                $0.resourceLogs.append(
                    .with {
                        $0.resource.attributes = attributes
                        $0.scopeLogs = [.with { $0.logRecords = records }]
                    })
            }
        }
    }

    private static func message(
        _ signal: OTLPSignal, _ random: inout SeededRandom
    ) -> (message: any Message, records: Int) {
        switch signal {
        case .traces:
            let traces = traces(&random)
            return (traces, traces.resourceSpans.flatMap(\.scopeSpans).reduce(0) { $0 + $1.spans.count })
        case .logs:
            let logs = logs(&random)
            return (logs, logs.resourceLogs.flatMap(\.scopeLogs).reduce(0) { $0 + $1.logRecords.count })
        }
    }

    private static func damage(_ bytes: inout Data, _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 1...12, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.removeSubrange(at..<end)
        case 2: bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0x7F], at: at)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
        default: bytes = bytes.prefix(at)
        }
        bytes = Data(bytes)
    }

    private func run(
        _ body: Data, _ signal: OTLPSignal, _ media: OTLPFormat.Media, cuts: [Int]
    ) async -> (outcome: OTLPOutcome?, batch: RedactedBatch?) {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer)
        let outcome = try? await OTLPRun.send(body, to: pipeline, signal: signal, media: media, cuts: cuts)
        #expect(pipeline.bytesInFlight == 0)
        return (outcome, writer.batches.first)
    }

    @Test func whateverComesIsAccountedFor() async throws {
        for var round in FuzzRounds("otlp", count: 600) {
            let signal: OTLPSignal = round.random.chance(70) ? .traces : .logs
            let media: OTLPFormat.Media = round.random.chance(60) ? .protobuf : .json
            let (message, records) = Self.message(signal, &round.random)
            var body = try media == .protobuf ? message.serializedData() : message.jsonUTF8Data()
            let isDamaged = round.random.chance(60)
            if isDamaged {
                repeat { Self.damage(&body, &round.random) } while round.random.chance(40)
            }
            let whole = await run(body, signal, media, cuts: [])
            let cuts = (0..<4).map { _ in Int.random(in: 0...body.count, using: &round.random) }.sorted()
            let cut = await run(body, signal, media, cuts: cuts)
            #expect(whole.outcome == cut.outcome, "round \(round.number): the outcome depends on how the body is cut")
            guard let outcome = whole.outcome else {
                #expect(isDamaged, "round \(round.number): a whole request was refused")
                continue
            }
            if !isDamaged { #expect(outcome.records == records, "round \(round.number)") }
            let stored = whole.batch?.count ?? 0
            // A span may be a call, a state and a fault at once.
            #expect(outcome.stored <= stored && stored <= 3 * outcome.stored, "round \(round.number)")
            #expect((outcome.rejected > 0) == (outcome.firstRejection != nil), "round \(round.number)")
        }
    }

    /// Records are the same in both encodings.
    @Test func jsonAndProtobufMeanTheSame() async throws {
        for var round in FuzzRounds("otlp-encodings", count: 300) {
            let document = Self.traces(&round.random)
            let binary = await run(try document.serializedData(), .traces, .protobuf, cuts: [])
            let text = await run(try Self.json(document), .traces, .json, cuts: [])
            #expect(binary.outcome == text.outcome, "round \(round.number)")
            #expect(binary.batch?.entries == text.batch?.entries, "round \(round.number)")
            #expect(binary.batch?.faults == text.batch?.faults, "round \(round.number)")
            #expect(binary.batch?.states == text.batch?.states, "round \(round.number)")
        }
    }

    /// OTLP/JSON has ids in hexadecimal, where protobuf's own has base64.
    private static func json(_ document: OTLPTracesDocument) throws -> Data {
        var document = document
        for resource in document.resourceSpans.indices {
            for scope in document.resourceSpans[resource].scopeSpans.indices {
                for span in document.resourceSpans[resource].scopeSpans[scope].spans.indices {
                    func hexadecimal(_ path: WritableKeyPath<OTLPSpan, Data>) {
                        var id = document.resourceSpans[resource].scopeSpans[scope].spans[span][keyPath: path]
                        // Other lengths are no base64; they are no ids, either.
                        id = id.count == 16 || id.count == 8 ? id : Data()
                        let digits = id.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                        let base64 = digits + String(repeating: "=", count: (4 - digits.count % 4) % 4)
                        document.resourceSpans[resource].scopeSpans[scope].spans[span][keyPath: path] =
                            Data(base64Encoded: base64) ?? Data()
                    }
                    hexadecimal(\.traceID)
                    hexadecimal(\.spanID)
                    hexadecimal(\.parentSpanID)
                }
            }
        }
        return try document.jsonUTF8Data()
    }
}
