import ConnectorLogCore
import Crypto

/// One ingest request: bytes are fed as they arrive, lines are decoded and redacted at once, `finish` stores them.
///
/// What it holds is bounded by `IngestLimits` and charged to the pipeline's budget; both end with the session, whether it
/// is finished or dropped. After an error nothing more is taken, and nothing is stored.
package struct IngestSession: ~Copyable {
    private let pipeline: IngestPipeline
    private let format: IngestFormat
    private let caller: IngestCaller

    private var decompressor: Decompressor
    private var lines: LineSplitter
    private var elements: ElementSplitter
    private var decoder: LineDecoder
    private var builder: RedactingBatchBuilder
    private var rejected: [RejectedLine] = []
    /// Bytes after decompression.
    private var received = 0
    /// Over the bytes as they were fed, secrets included: without the server's key nothing can be tested against it.
    private var fingerprint: HMAC<SHA256>?
    private var share: AdmissionShare
    private var failure: IngestError?

    /// What a rejected line holds, with its texts.
    private static let rejectionBytes = 256

    init(pipeline: IngestPipeline, format: IngestFormat, caller: IngestCaller, hasIdempotencyKey: Bool) {
        self.pipeline = pipeline
        self.format = format
        self.caller = caller
        decompressor = Decompressor(format.encoding)
        lines = LineSplitter(lineBytes: pipeline.limits.lineBytes)
        elements = ElementSplitter(lineBytes: pipeline.limits.lineBytes)
        decoder = LineDecoder(caller: caller)
        builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
        fingerprint = hasIdempotencyKey ? HMAC(key: SymmetricKey(data: pipeline.book.fingerprintKey)) : nil
        share = AdmissionShare(of: pipeline.budget)
    }

    /// Takes the next bytes of the body, compressed as `format` says. Throws `.invalidEncoding`, `.invalidJSON`,
    /// `.tooLarge` or `.overloaded`.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        if let failure { throw failure }
        do throws(IngestError) {
            fingerprint?.update(data: bytes)
            decoder.arrival = pipeline.now()
            var rest = bytes
            while let piece = try decompressor.next(&rest) { try take(piece) }
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        received += bytes.count
        guard received <= pipeline.limits.requestBytes else {
            throw IngestError(.tooLarge, "a request has at most \(pipeline.limits.requestBytes) bytes")
        }
        var rest = bytes
        switch format.media {
        case .ndjson:
            while let piece = lines.next(&rest) { decode(piece) }
        case .json:
            while let piece = try elements.next(&rest) { decode(piece) }
        }
        try checkLines()
        try charge()
    }

    private func checkLines() throws(IngestError) {
        guard max(lines.count, elements.count) <= pipeline.limits.requestLines else {
            throw IngestError(.tooLarge, "a request has at most \(pipeline.limits.requestLines) lines")
        }
    }

    private mutating func charge() throws(IngestError) {
        let bytes =
            builder.byteCount + rejected.count * Self.rejectionBytes + lines.byteCount + elements.byteCount
            + decoder.byteCount + decompressor.byteCount(received: received)
        guard share.hold(bytes) else { throw IngestError(.overloaded, "too many requests are under way") }
    }

    private mutating func decode(_ piece: SplitPiece) {
        switch piece {
        case .line(let number, let line):
            do throws(LineError) {
                try decoder.decode(line, into: &builder)
            } catch {
                rejected.append(RejectedLine(line: number, error: error))
            }
        case .tooLong(let number):
            let message = "longer than \(pipeline.limits.lineBytes) bytes"
            rejected.append(RejectedLine(line: number, error: LineError(.lineTooLong, message)))
        case .broken(let number, let error):
            rejected.append(RejectedLine(line: number, error: error))
        }
    }

    /// Stores what was good. `encodeAnswer` makes the bytes that a later request with the same idempotency key gets. A
    /// request of which no line was good stores nothing, but its answer is remembered under its key, too.
    ///
    /// Throws what `feed` threw, `.invalidEncoding`, `.empty`, and what the store refused.
    package consuming func finish(
        idempotencyKey: String?, encodeAnswer: (IngestOutcome) -> [UInt8]
    ) async throws(IngestError) -> IngestResult {
        try close()
        let outcome = IngestOutcome(accepted: builder.count, rejected: rejected)
        let idempotency = try idempotencyKey.map { key throws(IngestError) in
            try idempotentAnswer(key: key, answer: encodeAnswer(outcome))
        }
        if outcome.accepted == 0, idempotency == nil { return .stored(outcome) }
        let writer = pipeline.writer
        // The batch stays in memory until it is stored, so the share is held until then.
        let share = share
        let result: AppendResult
        do throws(StoreError) {
            result = try await writer.append(builder.finish(), idempotency: idempotency)
        } catch {
            throw IngestError(error)
        }
        _ = consume share
        return switch result {
        case .stored: .stored(outcome)
        case .replayed(let answer): .replayed(answer: answer)
        }
    }

    private mutating func close() throws(IngestError) {
        if let failure { throw failure }
        try decompressor.finish()
        switch format.media {
        case .ndjson:
            if let piece = lines.last() { decode(piece) }
        case .json:
            if let piece = elements.last() { decode(piece) }
        }
        try charge()
        guard builder.count > 0 || !rejected.isEmpty else {
            throw IngestError(.empty, "the body has no line")
        }
    }

    private func idempotentAnswer(key: String, answer: [UInt8]) throws(IngestError) -> IdempotentAnswer {
        guard let fingerprint else {
            throw IngestError(
                .store(StoreError(.failed, "the session was not told of an idempotency key")),
                "the request cannot be recognised again")
        }
        var token = SHA256()
        // The length keeps apart what the two texts alone would run together.
        withUnsafeBytes(of: UInt64(caller.identity.utf8.count).littleEndian) { token.update(bufferPointer: $0) }
        token.update(data: Array(caller.identity.utf8))
        token.update(data: Array(key.utf8))
        return IdempotentAnswer(
            token: Array(token.finalize()), fingerprint: Array(fingerprint.finalize()), answer: answer)
    }
}

extension IngestError {
    fileprivate init(_ error: StoreError) {
        switch error.code {
        case .overloaded: self.init(.overloaded, error.message)
        case .idempotencyMismatch:
            self.init(.idempotencyMismatch, "the idempotency key was used with another body")
        default: self.init(.store(error), error.message)
        }
    }
}
