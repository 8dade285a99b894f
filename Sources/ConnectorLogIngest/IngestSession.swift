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
    private var archive: HARSplitter
    private var decoder: LineDecoder
    /// Of archives and access logs alone.
    private var archiveDecoder: HARDecoder?
    private var accessLogDecoder: AccessLogDecoder?
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
    /// Entries of archives up to here are charged when they are decoded, as lines are.
    private static let smallEntryBytes = 256 << 10
    /// How many times an entry's length it takes to decode it, beside the entry: its texts without their escapes, bodies
    /// out of base64, the marks of redaction and what redaction makes, whose room may be twice as much.
    static let decodingFactor = 4

    init(pipeline: IngestPipeline, format: IngestFormat, caller: IngestCaller, hasIdempotencyKey: Bool) {
        self.pipeline = pipeline
        self.format = format
        self.caller = caller
        decompressor = Decompressor(format.encoding)
        lines = LineSplitter(lineBytes: pipeline.limits.lineBytes)
        elements = ElementSplitter(lineBytes: pipeline.limits.lineBytes)
        archive = HARSplitter(entryBytes: pipeline.limits.archiveEntryBytes)
        decoder = LineDecoder(caller: caller)
        switch format.media {
        case .ndjson, .json: break
        case .har: archiveDecoder = HARDecoder(caller: caller, defaults: format.defaults)
        case .nginxLog: accessLogDecoder = AccessLogDecoder(.nginx, caller: caller, defaults: format.defaults)
        case .envoyLog: accessLogDecoder = AccessLogDecoder(.envoy, caller: caller, defaults: format.defaults)
        }
        builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
        fingerprint = hasIdempotencyKey ? HMAC(key: SymmetricKey(data: pipeline.book.fingerprintKey)) : nil
        // The same bytes in another format, or with other defaults, are another request.
        if format.isMoreThanLines {
            fingerprint?.update(data: Array("\(format.media) \(format.defaults.identity) ".utf8))
        }
        share = AdmissionShare(of: pipeline.budget)
    }

    /// Takes the next bytes of the body, compressed as `format` says. Throws `.invalidEncoding`, `.invalidJSON`,
    /// `.tooLarge` or `.overloaded`.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        if let failure { throw failure }
        do throws(IngestError) {
            fingerprint?.update(data: bytes)
            let arrival = pipeline.now()
            decoder.arrival = arrival
            archiveDecoder?.arrival = arrival
            accessLogDecoder?.arrival = arrival
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
        case .ndjson, .nginxLog, .envoyLog:
            while let piece = lines.next(&rest) { decode(piece) }
        case .json:
            while let piece = try elements.next(&rest) { decode(piece) }
        case .har:
            while let piece = try archive.next(&rest) { try decode(entry: piece) }
        }
        try checkLines()
        try charge()
    }

    private func checkLines() throws(IngestError) {
        guard max(lines.count, elements.count, archive.count) <= pipeline.limits.requestLines else {
            throw IngestError(.tooLarge, "a request has at most \(pipeline.limits.requestLines) lines")
        }
    }

    /// Bytes held beside the batch and what makes it.
    private var inputBytes: Int {
        rejected.count * Self.rejectionBytes + lines.byteCount + elements.byteCount + archive.byteCount
            + decompressor.byteCount(received: received)
    }

    /// Returns how many bytes it holds.
    @discardableResult private mutating func charge() throws(IngestError) -> Int {
        let bytes =
            inputBytes + builder.byteCount + decoder.byteCount + (archiveDecoder?.byteCount ?? 0)
            + (accessLogDecoder?.byteCount ?? 0)
        try hold(bytes)
        return bytes
    }

    private mutating func hold(_ bytes: Int) throws(IngestError) {
        guard share.hold(bytes) else { throw IngestError(.overloaded, "too many requests are under way") }
    }

    /// A large entry's working memory is many times what a line takes, so it is held before it is used, not after.
    private mutating func decode(entry piece: SplitPiece) throws(IngestError) {
        guard case .line(_, let entry) = piece, entry.count > Self.smallEntryBytes else { return decode(piece) }
        try hold(inputBytes + builder.contentByteCount + Self.decodingFactor * entry.count)
        decode(piece)
        let bytes = try charge()
        share.giveBack(keeping: bytes)
    }

    private mutating func decode(_ piece: SplitPiece) {
        switch piece {
        case .line(let number, let line):
            do throws(LineError) {
                try decode(line)
            } catch {
                rejected.append(RejectedLine(line: number, error: error))
            }
        case .tooLong(let number):
            let limit = format.media == .har ? pipeline.limits.archiveEntryBytes : pipeline.limits.lineBytes
            let message = "longer than \(limit) bytes"
            rejected.append(RejectedLine(line: number, error: LineError(.lineTooLong, message)))
        case .broken(let number, let error):
            rejected.append(RejectedLine(line: number, error: error))
        }
    }

    private mutating func decode(_ record: UnsafeRawBufferPointer) throws(LineError) {
        switch format.media {
        case .ndjson, .json: try decoder.decode(record, into: &builder)
        case .har: try archiveDecoder?.decode(record, into: &builder)
        case .nginxLog, .envoyLog: try accessLogDecoder?.decode(record, into: &builder)
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
        case .ndjson, .nginxLog, .envoyLog:
            if let piece = lines.last() { decode(piece) }
        case .json:
            if let piece = elements.last() { decode(piece) }
        case .har:
            if let piece = try archive.last() { decode(piece) }
        }
        try charge()
        guard builder.count > 0 || !rejected.isEmpty else {
            throw IngestError(.empty, format.media == .har ? "the archive has no entry" : "the body has no line")
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
    init(_ error: StoreError) {
        switch error.code {
        case .overloaded: self.init(.overloaded, error.message)
        case .idempotencyMismatch:
            self.init(.idempotencyMismatch, "the idempotency key was used with another body")
        default: self.init(.store(error), error.message)
        }
    }
}
