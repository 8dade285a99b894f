import ConnectorLogCore
import ConnectorLogIngest
import Testing

/// What is refused for its size, and that memory stays bounded while it is.
@Suite
struct LimitTests {
    private let good = #"{"connector_identifier":"a"}"#

    private func limits(_ change: (inout IngestLimits) -> Void) -> IngestLimits {
        var limits = IngestLimits()
        change(&limits)
        return limits
    }

    private func code(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "taken"
        } catch let error as IngestError {
            return "\(error.code)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [IngestFormat.Media.ndjson, .json], [100, 4096, 1 << 30])
    func aLineThatIsTooLongIsPassedOver(media: IngestFormat.Media, piece: Int) async throws {
        let limits = limits { $0.lineBytes = 1000 }
        let fits = #"{"connector_identifier":"a","request_body":"\#(String(repeating: "x", count: 1000 - 46))"}"#
        #expect(fits.utf8.count == 1000)
        let long = #"{"connector_identifier":"a","request_body":"\#(String(repeating: "x", count: 1000 - 45))"}"#
        let lines = [good, long, fits, long, good]
        let body = media == .ndjson ? lines.joined(separator: "\n") : "[\(lines.joined(separator: ","))]"
        let cuts = Array(stride(from: piece, to: body.utf8.count, by: piece))
        let run = try await IngestRun(body, media: media, cuts: cuts, limits: limits)
        #expect(run.outcome.accepted == 3)
        #expect(run.rejected.map(\.line) == [2, 4])
        #expect(
            run.rejected.allSatisfy { $0.error.code == .lineTooLong && $0.error.message == "longer than 1000 bytes" })
    }

    @Test(arguments: [IngestFormat.Media.ndjson, .json])
    func aLineOf10MBTakesNoMoreMemoryThanTheLimit(media: IngestFormat.Media) async throws {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer)
        var session = pipeline.makeSession(
            format: IngestFormat(media: media, encoding: .identity), caller: IngestRun.team7)
        try session.feed(Array((media == .json ? "[" : "").utf8))
        try session.feed(Array(#"{"connector_identifier":"a","request_body":""#.utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        var most = 0
        for _ in 0..<160 {
            try session.feed(piece)
            most = max(most, pipeline.bytesInFlight)
        }
        try session.feed(Array("\"}\(media == .json ? "," : "\n")\(good)\(media == .json ? "]" : "")".utf8))
        #expect(most <= 2 * Limits.lineBytes + 1 << 20)
        guard case .stored(let outcome) = try await session.finish(idempotencyKey: nil, encodeAnswer: { _ in [] })
        else { return }
        #expect(outcome.accepted == 1)
        #expect(outcome.rejected.map(\.error.code) == [.lineTooLong])
    }

    @Test func depth10000IsRefusedAndTheRestTaken() async throws {
        for nest in [("[", "]"), (#"{"a":"#, "}")] {
            let deep =
                String(repeating: nest.0, count: 10_000) + (nest.0 == "[" ? "" : "1")
                + String(repeating: nest.1, count: 10_000)
            let line = "{\"connector_identifier\":\"a\",\"request_body\":\(deep)}"
            for (body, media) in [("\(line)\n\(good)", IngestFormat.Media.ndjson), ("[\(line),\(good)]", .json)] {
                let run = try await IngestRun(body, media: media)
                #expect(run.outcome.accepted == 1)
                #expect(run.rejected.map(\.error.code) == [.invalidJSON])
                #expect(run.rejected.first?.error.message.hasPrefix("nested too deep, at byte ") == true)
            }
        }
    }

    @Test func escapesOfEveryKindFitTheScratch() async throws {
        // A line nearly all of which has to be unescaped, with names that repeat: what is reserved for it must do.
        let escaped = String(repeating: "\\u0041", count: 200)
        let values = Array(repeating: "\"\(escaped)\"", count: 40).joined(separator: ",")
        let line =
            "{\"connector_identifier\":\"a\",\"request_headers\":{\"\(escaped)\":[\(values)],\"\\u0042\":[\(values)]},\"trace_id\":\"\(String(repeating: "\\u0041", count: 32))\","
            + "\"span_id\":\"\(String(repeating: "\\u0041", count: 16))\",\"request_body\":\"\(escaped)\",\"\(escaped)\":\"\(escaped)\","
            + "\"response_body_encoding\":\"\\u0062ase64\",\"response_body\":\"\(escaped)\"}"
        let batch = try await IngestRun.line(line).get()
        let fields = try #require(batch.headers(.requestHeaders))
        #expect(fields.count == 80)
        #expect(fields.allSatisfy { $0.value == String(repeating: "A", count: 200) })
        #expect(batch.text(.traceID) == String(repeating: "a", count: 32))
        let short =
            #"{"connector_identifier":"a","trace_id":"\u0041AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","span_id":"\u0041AAAAAAAAAAAAAAA"}"#
        #expect(try await IngestRun.line(short).get().text(.spanID) == String(repeating: "a", count: 16))
    }

    @Test func tooManyBytesOrLinesAreRefusedAsAWhole() async throws {
        let body = Array(repeating: good, count: 10).joined(separator: "\n")
        let array = "[\(Array(repeating: good, count: 10).joined(separator: ","))]"
        let bytes = limits { $0.requestBytes = 100 }
        #expect(await code { _ = try await IngestRun(body, limits: bytes) } == "tooLarge")
        #expect(await code { _ = try await IngestRun(array, media: .json, limits: bytes) } == "tooLarge")
        let lines = limits { $0.requestLines = 9 }
        #expect(await code { _ = try await IngestRun(body, limits: lines) } == "tooLarge")
        #expect(await code { _ = try await IngestRun(array, media: .json, limits: lines) } == "tooLarge")
        #expect(await code { _ = try await IngestRun(String(repeating: "\n", count: 10), limits: lines) } == "tooLarge")
        let enough = limits { $0.requestLines = 10 }
        #expect(try await IngestRun(body, limits: enough).outcome.accepted == 10)
        #expect(try await IngestRun(array, media: .json, limits: enough).outcome.accepted == 10)
    }

    @Test func afterAnErrorNothingIsStored() async throws {
        let writer = MemoryWriter()
        var session = IngestRun.pipeline(writer, limits: limits { $0.requestBytes = 40 })
            .makeSession(format: IngestFormat(media: .ndjson, encoding: .identity), caller: IngestRun.team7)
        try session.feed(Array("\(good)\n".utf8))
        #expect(throws: IngestError.self) { try session.feed(Array("\(good)\n".utf8)) }
        #expect(throws: IngestError.self) { try session.feed([]) }
        do {
            _ = try await session.finish(idempotencyKey: nil) { _ in [] }
            Issue.record("taken")
        } catch {
            guard case .tooLarge = error.code else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(writer.appends == 0)
    }

    // MARK: - Admission

    @Test func refusesPastTheBudgetAndGivesItBack() async throws {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer, limits: limits { $0.bytesInFlight = 100_000 })
        let format = IngestFormat(media: .ndjson, encoding: .identity)
        let lines = Array(
            (String(
                repeating: #"{"connector_identifier":"a","request_body":"\#(String(repeating: "x", count: 1000))"}"#
                    + "\n", count: 60)).utf8)
        do {
            var first = pipeline.makeSession(format: format, caller: IngestRun.team7)
            try first.feed(lines)
            #expect(pipeline.bytesInFlight >= 60_000)
            var second = pipeline.makeSession(format: format, caller: IngestRun.team7)
            #expect(await code { try second.feed(lines) } == "overloaded")
            #expect(await code { try second.feed(lines) } == "overloaded")
            _ = try await first.finish(idempotencyKey: nil) { _ in [] }
        }
        #expect(pipeline.bytesInFlight == 0)
        var third = pipeline.makeSession(format: format, caller: IngestRun.team7)
        try third.feed(lines)
        _ = consume third
        #expect(pipeline.bytesInFlight == 0)
        #expect(writer.batches.map(\.count) == [60])
    }

    @Test func rejectedLinesAndFaultsAreChargedToo() async throws {
        let pipeline = IngestRun.pipeline(MemoryWriter())
        for line in [
            "x\n", "{\"type\":\"fault\",\"name\":\"n\"}\n",
            "{\"type\":\"state\",\"state_id\":\"s\",\"flow_id\":\"f\"}\n",
        ] {
            var session = pipeline.makeSession(
                format: IngestFormat(media: .ndjson, encoding: .identity), caller: IngestRun.team7)
            try session.feed(Array(String(repeating: line, count: 2000).utf8))
            #expect(pipeline.bytesInFlight >= 2000 * 100)
        }
        #expect(pipeline.bytesInFlight == 0)
    }
}
