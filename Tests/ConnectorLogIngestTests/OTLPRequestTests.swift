import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import SwiftProtobuf
import Testing

@testable import ConnectorLogIngest

/// Log records, whose they are, and requests that are damaged, come again, or are too large.

@Suite("OTLP: requests")
struct OTLPRequestTests {
    // MARK: - Log records

    @Test func logRecordsOfCallsAndOfErrorsInRuns() async throws {
        func record(_ severity: Int32, _ attributes: [String: Any]) -> OTLPLogRecord {
            .with {
                $0.severityNumber = severity
                $0.body.stringValue = "what happened"
                $0.attributes = attributes.map { SpanOfLine.attribute($0.key, $0.value) }
            }
        }
        let document = OTLPLogsDocument.with {
            $0.resourceLogs = [
                .with {
                    $0.resource.attributes = [SpanOfLine.attribute("service.name", "worker")]
                    $0.scopeLogs = [
                        .with {
                            $0.logRecords = [
                                record(9, ["http.request.method": "GET", "http.client.request.duration": 2]),
                                record(17, ["flow.request.state.id": "s-1", "exception.type": "E"]),
                                record(17, [:]), record(9, ["flow.request.state.id": "s-1"]),
                            ]
                        }
                    ]
                }
            ]
        }
        let run = try await OTLPRun(document.serializedData(), signal: .logs)
        #expect(run.outcome.stored == 2 && run.outcome.skipped == 2)
        #expect(run.batch?.entries.durations[0] == 2_000_000)
        #expect(run.batch?.text(.attributes) == #"{"log.body":"what happened"}"#)
        #expect(run.batch?.faults.map(\.name) == ["E"])
        #expect(run.batch?.faults.map(\.message) == ["what happened"])
    }

    // MARK: - Who, and how often

    @Test func teamIsTheRecordsOrTheKeys() async throws {
        let ownerKey = IngestCaller(defaultTeam: nil, identity: "owner") { $0 == 7 ? nil : .teamNotFound }
        let run = try await OTLPRun(
            [
                .call(span: 1), .call(["connectorlog.team_id": 7], span: 2),
                .call(["connectorlog.team_id": "8"], span: 3),
            ],
            caller: ownerKey)
        #expect(run.outcome.stored == 1 && run.outcome.rejected == 2)
        #expect(run.outcome.firstRejection?.hasPrefix("record 1: connectorlog.team_id: ") == true)
        #expect(run.batch?.entries.teamIDs[0] == 7)
    }

    @Test func spanThatIsSentAgainIsStoredOnce() async throws {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer)
        let body = SpanOfLine.request([.call(span: 1), .call(span: 2), .call(span: 1)])
        #expect(try await OTLPRun.send(body, to: pipeline) == OTLPOutcome.stored(2, repeated: 1))
        #expect(try await OTLPRun.send(body, to: pipeline) == OTLPOutcome.stored(0, repeated: 3))
        // Another team's span is another span.
        let other = IngestCaller(defaultTeam: 8, identity: "other") { _ in nil }
        #expect(try await OTLPRun.send(body, to: pipeline, caller: other).stored == 2)
        #expect(writer.batches.map(\.count) == [2, 2])
    }

    /// B has no ids and is rejected: A stays taken.
    @Test func rejectedSpanFreesNoOther() async throws {
        let pipeline = IngestRun.pipeline(MemoryWriter())
        var other = OTLPSpan.call()
        (other.traceID, other.spanID) = (Data(), Data())
        other.startTimeUnixNano += 86_401 * 1_000_000_000
        let body = SpanOfLine.request([.call(), other])
        #expect(try await OTLPRun.send(body, to: pipeline).stored == 1)
        #expect(try await OTLPRun.send(body, to: pipeline).repeated == 1)
    }

    @Test func spanThatIsBeingStoredIsNotAcknowledgedByAnother() async throws {
        let writer = WaitingWriter()
        let pipeline = IngestRun.pipeline(writer)
        let body = SpanOfLine.request([.call()])
        async let first = OTLPRun.send(body, to: pipeline)
        await writer.hasBegun()
        await #expect(throws: IngestError.self) { try await OTLPRun.send(body, to: pipeline) }
        writer.letGo()
        #expect(try await first.stored == 1)
        #expect(try await OTLPRun.send(body, to: pipeline).repeated == 1)
    }

    @Test func spanThatWasNotStoredMayComeAgain() async throws {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer)
        let body = SpanOfLine.request([.call()])
        writer.fail(with: StoreError(.failed, "no disk"))
        await #expect(throws: IngestError.self) { try await OTLPRun.send(body, to: pipeline) }
        writer.fail(with: nil)
        #expect(try await OTLPRun.send(body, to: pipeline).stored == 1)
    }

    // MARK: - Damage and limits

    /// A field of protobuf that holds bytes.
    private static func field(_ number: UInt8, _ content: Data) -> Data {
        var length: [UInt8] = []
        var rest = content.count
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return Data([number << 3 | 2] + length) + content
    }

    @Test func damagedRecordIsRejectedAlone() async throws {
        // The scope's two records: a byte that begins nothing, and a span that names its connector itself.
        let good = try OTLPSpan.call(["peer.service": "acme"]).serializedData()
        let scope = Self.field(2, Data([0xFF])) + Self.field(2, good)
        let body = Self.field(1, Self.field(2, scope))
        let run = try await OTLPRun(body)
        #expect(run.outcome.stored == 1 && run.outcome.rejected == 1)
        #expect(run.outcome.firstRejection == "record 1: no span in protobuf")
    }

    @Test func recordsOfADamagedResourceAreRejectedAlone() async throws {
        let resource = Self.field(1, Self.field(1, Data([0xFF])))
        let scope = Self.field(2, Self.field(2, try OTLPSpan.call(span: 9).serializedData()))
        let run = try await OTLPRun(Self.field(1, resource + scope) + SpanOfLine.request([.call()]))
        #expect(run.outcome.stored == 1 && run.outcome.rejected == 1)
        #expect(run.outcome.firstRejection == "record 1: the resource is not one in protobuf")
    }

    /// Each record reads its resource again: what is long there would be read as often.
    @Test func longValuesOfAResourceDoNotCount() async throws {
        let resource = OTLPResource.with {
            $0.attributes = [
                SpanOfLine.attribute("service.name", "worker"),
                SpanOfLine.attribute("service.version", String(repeating: "x", count: 1 << 16)),
                SpanOfLine.attribute("deployment.environment", "test"), SpanOfLine.attribute("host.name", "h"),
                .with {
                    $0.key = "flow.name"; $0.value.arrayValue.values = [.with { $0.intValue = 1 }]
                },
            ]
        }
        let scope = Self.field(2, Self.field(2, try OTLPSpan.call().serializedData()))
        let run = try await OTLPRun(Self.field(1, Self.field(1, try resource.serializedData()) + scope))
        #expect(run.batch?.text(.attributes) == #"{"deployment.environment":"test"}"#)
        #expect(run.batch?.text(.flowName) == nil)
    }

    @Test func idsOfJSONMayBeInEitherSpelling() async throws {
        func body(_ trace: String, _ span: String) -> Data {
            Data(
                #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"\#(trace)","spanId":"\#(span)","kind":3,"attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"peer.service","value":{"stringValue":"a"}}]}]}]}]}"#
                    .utf8)
        }
        for (trace, span) in [
            ("0AF7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), ("CvdlGRbNQ92ESOshHIAxnA==", "t61rcWkgMzE="),
        ] {
            let batch = try await OTLPRun(body(trace, span), media: .json).batch
            #expect(batch?.text(.traceID) == "0af7651916cd43dd8448eb211c80319c")
            #expect(batch?.text(.spanID) == "b7ad6b7169203331")
        }
    }

    @Test func recordOverItsLimitIsRejectedAlone() async throws {
        let long = String(repeating: "x", count: OTLPLimits.recordBytes)
        let run = try await OTLPRun([.call(["a": long], span: 1), .call(span: 2)])
        #expect(run.outcome.stored == 1 && run.outcome.rejected == 1)
    }

    @Test func timeFarAheadIsRejected() async throws {
        var span = OTLPSpan.call()
        span.startTimeUnixNano += 86_401 * 1_000_000_000
        #expect(try await OTLPRun([span]).outcome.rejected == 1)
    }

    private static func error(_ body: Data, _ media: OTLPFormat.Media = .protobuf) async -> IngestError.Code? {
        do {
            _ = try await OTLPRun(body, media: media)
            return nil
        } catch {
            return (error as? IngestError)?.code
        }
    }

    @Test func requestsHaveLimits() async throws {
        guard case .tooLarge? = await Self.error(Data(count: OTLPLimits.requestBytes + 1)) else {
            Issue.record("a request of more bytes")
            return
        }
        let objects = #"{"a":["# + String(repeating: "{},", count: OTLPLimits.jsonObjects) + "{}]}"
        guard case .tooLarge? = await Self.error(Data(objects.utf8), .json) else {
            Issue.record("JSON of more objects")
            return
        }
        // A resource without content takes two bytes.
        let empty = Data(Array(repeating: [0x0A, 0x00], count: OTLPLimits.groups + 1).joined())
        guard case .tooLarge? = await Self.error(empty) else {
            Issue.record("a request of more resources")
            return
        }
    }

    @Test func nestingHasALimit() async throws {
        func nested(_ depth: Int) -> OTLPAnyValue {
            (0..<depth).reduce(OTLPAnyValue.with { $0.intValue = 1 }) { value, _ in
                .with { $0.arrayValue.values = [value] }
            }
        }
        var span = OTLPSpan.call()
        span.attributes.append(.with { ($0.key, $0.value) = ("deep", nested(20)) })
        #expect(try await OTLPRun([span]).outcome.stored == 1)
        span.attributes[span.attributes.count - 1].value = nested(Limits.depth + 1)
        let run = try await OTLPRun([span])
        #expect(run.batch?.text(.attributes)?.contains(#""connectorlog.left_out":"attributes""#) == true)
    }

    @Test func emptyRequestIsWell() async throws {
        #expect(try await OTLPRun(Data()).outcome == OTLPOutcome())
        #expect(try await OTLPRun(Data("{}".utf8), media: .json).outcome == OTLPOutcome())
        #expect(await Self.error(Data(), .json) != nil)
    }

    @Test func whatIsHeldGoesBack() async throws {
        let pipeline = IngestRun.pipeline(MemoryWriter())
        _ = try await OTLPRun.send(SpanOfLine.request([.call()]), to: pipeline)
        _ = try? await OTLPRun.send(Data([0xFF]), to: pipeline)
        #expect(pipeline.bytesInFlight == 0)
    }

    @Test func fullServerRefuses() async throws {
        var limits = IngestLimits()
        limits.bytesInFlight = 1 << 16
        do {
            let span = OTLPSpan.call(["a": String(repeating: "x", count: 1 << 16)])
            _ = try await OTLPRun(SpanOfLine.request([span]), limits: limits)
            Issue.record("it was taken")
        } catch let error as IngestError {
            guard case .overloaded = error.code else {
                Issue.record("\(error)")
                return
            }
        }
    }
}

/// A store that stores nothing until it is let go.
private final class WaitingWriter: LogWriter {
    private let begun = AsyncStream<Void>.makeStream()
    private let gate = AsyncStream<Void>.makeStream()

    func hasBegun() async { _ = await begun.stream.first { true } }
    func letGo() { gate.continuation.finish() }

    func append(_ batch: RedactedBatch, idempotency: IdempotentAnswer?) async throws(StoreError) -> AppendResult {
        begun.continuation.yield()
        for await _ in gate.stream {}
        return .stored
    }
}
