import ConnectorLogCore
package import Foundation

/// One OTLP request: its bytes are collected as they arrive, since a message of protobuf has no end before its last byte;
/// `finish` decodes, redacts and stores. What it holds is charged to the pipeline's budget.
package struct OTLPSession: ~Copyable {
    private let pipeline: IngestPipeline
    private let format: OTLPFormat
    private let caller: IngestCaller
    private let limit: Int
    private var decompressor: Decompressor
    private var body = Data()
    private var share: AdmissionShare

    package init(pipeline: IngestPipeline, format: OTLPFormat, caller: IngestCaller) {
        (self.pipeline, self.format, self.caller) = (pipeline, format, caller)
        limit = min(OTLPLimits.requestBytes, pipeline.limits.requestBytes)
        decompressor = Decompressor(format.encoding)
        share = AdmissionShare(of: pipeline.budget)
    }

    /// Takes a whole body, not compressed, that is in memory already. Throws `.tooLarge` or `.overloaded`.
    package mutating func take(_ body: Data) throws(IngestError) {
        self.body = body
        try check(beside: 0)
    }

    /// Takes the next bytes of the body. Throws `.invalidEncoding`, `.tooLarge` or `.overloaded`.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        var rest = bytes
        while let piece = try decompressor.next(&rest) {
            guard body.count + piece.count <= limit else { throw tooLarge }
            guard let start = piece.baseAddress else { continue }
            body.append(start.assumingMemoryBound(to: UInt8.self), count: piece.count)
            try check(beside: decompressor.byteCount(received: body.count))
        }
    }

    private var tooLarge: IngestError {
        IngestError(.tooLarge, "a request of OTLP has at most \(limit) bytes, decompressed")
    }

    /// A body that grows has up to as much room again.
    private mutating func check(beside bytes: Int) throws(IngestError) {
        guard body.count <= limit else { throw tooLarge }
        guard share.hold(2 * body.count + bytes) else {
            throw IngestError(.overloaded, "too many requests are under way")
        }
    }

    /// Throws what `feed` threw, `.invalidEncoding` or `.invalidJSON`, and what the store refused. An empty body is an empty
    /// request in protobuf; in JSON it is none.
    package consuming func finish() async throws(IngestError) -> OTLPOutcome {
        try decompressor.finish()
        var request = body
        if format.media == .json {
            try holdObjects()
            request = try OTLPJSON.protobuf(body, format.signal)
        }
        var reader = OTLPRequestReader(
            format.signal, pipeline: pipeline, caller: caller, requestBytes: 2 * body.count, share: share)
        try Self.read(request, by: &reader)
        return try await reader.store()
    }

    /// A function of its own: closures that capture what cannot be copied do not compile in asynchronous ones (swiftc 6.3).
    private static func read(_ request: Data, by reader: inout OTLPRequestReader) throws(IngestError) {
        var failure: IngestError?
        request.withUnsafeBytes { bytes in
            do throws(IngestError) {
                try reader.read(bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private mutating func holdObjects() throws(IngestError) {
        let objects = OTLPJSON.objects(in: body)
        guard objects <= OTLPLimits.jsonObjects else {
            throw IngestError(.tooLarge, "a request in JSON has at most \(OTLPLimits.jsonObjects) objects")
        }
        guard share.hold(2 * body.count + objects * OTLPLimits.bytesPerObject) else {
            throw IngestError(.overloaded, "too many requests are under way")
        }
    }
}
