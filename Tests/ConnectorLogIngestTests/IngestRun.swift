import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting

/// One request taken from its bytes to its outcome, with a store in memory behind it.
struct IngestRun {
    static let now: Timestamp = Timestamp(microseconds: 1_800_000_000_000_000)
    static let team7 = IngestCaller(defaultTeam: 7, identity: "key-7") { team in
        switch team {
        case 7, 8: nil
        case 9: .forbidden
        default: .teamNotFound
        }
    }

    var outcome: IngestOutcome
    var batch: RedactedBatch?

    var rejected: [RejectedLine] { outcome.rejected }

    static func pipeline(
        _ writer: any LogWriter, limits: IngestLimits = IngestLimits(), book: RedactionBook = Fixtures.redactionBook()
    ) -> IngestPipeline {
        IngestPipeline(writer: writer, book: book, limits: limits, now: { now })
    }

    /// Feeds `body` in pieces that end at `cuts`.
    init(
        _ body: [UInt8], media: IngestFormat.Media = .ndjson, encoding: IngestFormat.Encoding = .identity,
        cuts: [Int] = [], limits: IngestLimits = IngestLimits(), caller: IngestCaller = team7,
        book: RedactionBook = Fixtures.redactionBook(), defaults: RecordDefaults = RecordDefaults()
    ) async throws {
        let writer = MemoryWriter()
        var format = IngestFormat(media: media, encoding: encoding)
        format.defaults = defaults
        var session = Self.pipeline(writer, limits: limits, book: book).makeSession(format: format, caller: caller)
        try session.feed(body, cuts: cuts)
        let result = try await session.finish(idempotencyKey: nil) { _ in [] }
        guard case .stored(let outcome) = result else { throw IngestError(.empty, "replayed") }
        self.outcome = outcome
        batch = writer.batches.first
    }

    init(
        _ body: String, media: IngestFormat.Media = .ndjson, cuts: [Int] = [], limits: IngestLimits = IngestLimits(),
        caller: IngestCaller = team7
    ) async throws {
        try await self.init(Array(body.utf8), media: media, cuts: cuts, limits: limits, caller: caller)
    }

    /// One line; what became of it.
    static func line(_ line: String, caller: IngestCaller = team7) async throws -> Result<RedactedBatch, LineError> {
        let run = try await IngestRun(line, caller: caller)
        if let rejected = run.rejected.first { return .failure(rejected.error) }
        guard let batch = run.batch else { throw IngestError(.empty, "nothing stored") }
        return .success(batch)
    }
}

extension IngestSession {
    mutating func feed(_ body: [UInt8], cuts: [Int] = []) throws(IngestError) {
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

extension RedactedBatch {
    func text(_ field: EntryTextField, _ row: Int = 0) -> String? { entries[field].string(row) }

    func headers(_ field: EntryTextField, _ row: Int = 0) -> [HeaderField]? {
        entries[field][row].flatMap(HeaderList.decode)
    }
}
