import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import SwiftProtobuf

@testable import ConnectorLogIngest

/// One OTLP request taken from its bytes to its outcome, with a store in memory behind it.
struct OTLPRun {
    var outcome: OTLPOutcome
    var batch: RedactedBatch?

    init(
        _ body: Data, signal: OTLPSignal = .traces, media: OTLPFormat.Media = .protobuf, cuts: [Int] = [],
        limits: IngestLimits = IngestLimits(), caller: IngestCaller = IngestRun.team7,
        book: RedactionBook = Fixtures.redactionBook()
    ) async throws {
        let writer = MemoryWriter()
        let pipeline = IngestRun.pipeline(writer, limits: limits, book: book)
        outcome = try await Self.send(body, to: pipeline, signal: signal, media: media, cuts: cuts, caller: caller)
        batch = writer.batches.first
    }

    init(_ spans: [OTLPSpan], caller: IngestCaller = IngestRun.team7) async throws {
        try await self.init(SpanOfLine.request(spans), caller: caller)
    }

    static func send(
        _ body: Data, to pipeline: IngestPipeline, signal: OTLPSignal = .traces, media: OTLPFormat.Media = .protobuf,
        cuts: [Int] = [], caller: IngestCaller = IngestRun.team7
    ) async throws -> OTLPOutcome {
        var session = OTLPSession(
            pipeline: pipeline, format: OTLPFormat(signal: signal, media: media), caller: caller)
        try session.feed(Array(body), cuts: cuts)
        return try await session.finish()
    }
}

extension OTLPSession {
    fileprivate mutating func feed(_ body: [UInt8], cuts: [Int]) throws(IngestError) {
        var start = 0
        for end in cuts + [body.count] {
            // A copy of its own, so that a pointer that is kept too long points to nothing good.
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
            defer { piece.deallocate() }
            piece.copyBytes(from: body[start..<end])
            try feed(UnsafeRawBufferPointer(piece))
            for i in piece.indices { piece[i] = 0xFF }
            start = end
        }
    }
}

extension OTLPSpan {
    /// A call with these attributes beside method and address.
    static func call(_ attributes: [String: Any] = [:], trace: UInt8 = 1, span: UInt8 = 1) -> OTLPSpan {
        .with {
            $0.kind = 3
            $0.name = "GET"
            $0.traceID = Data(repeating: trace, count: 16)
            $0.spanID = Data(repeating: span, count: 8)
            $0.parentSpanID = Data(repeating: 9, count: 8)
            $0.startTimeUnixNano = UInt64(IngestRun.now.microseconds) * 1000
            $0.endTimeUnixNano = $0.startTimeUnixNano + 1_500_000
            let call: [String: Any] = ["http.request.method": "GET", "url.full": "https://api.example.com/v1/a"]
            $0.attributes = call.merging(attributes) { $1 }.sorted { $0.key < $1.key }.map {
                SpanOfLine.attribute($0.key, $0.value)
            }
        }
    }

    /// The root of a run, with these attributes.
    static func root(_ attributes: [String: Any], trace: UInt8 = 1, code: Int32 = 0) -> OTLPSpan {
        .with {
            $0.name = "FORWARD-Save"
            $0.traceID = Data(repeating: trace, count: 16)
            $0.spanID = Data(repeating: 2, count: 8)
            $0.startTimeUnixNano = UInt64(IngestRun.now.microseconds) * 1000 - 5_000_000
            $0.endTimeUnixNano = UInt64(IngestRun.now.microseconds) * 1000
            $0.status.code = code
            $0.attributes = attributes.map { SpanOfLine.attribute($0.key, $0.value) }
        }
    }
}

extension OTLPOutcome {
    static func stored(_ stored: Int, repeated: Int = 0) -> OTLPOutcome {
        var outcome = OTLPOutcome()
        (outcome.stored, outcome.repeated) = (stored, repeated)
        return outcome
    }
}
