import ConnectorLogCore

/// Turns spans and log records into entries, root faults and state changes. What maps to what is a table in
/// `docs/ingest.md`.
struct OTLPRecordDecoder: ~Copyable {
    typealias Text = EntryDraft.Text

    enum Result { case stored, skipped, repeated, underWay }

    var assembler = EntryAssembler()
    var index = AttributeIndex()
    /// Of the record's resource; see `AttributeIndex.ofResource`.
    var resource = AttributeIndex()
    /// Flow runs that spans of this request tell of, by trace: calls of the same trace are theirs.
    var runs: [TraceID: FlowRun] = [:]
    let caller: IngestCaller
    let arrival: Timestamp
    var claim: SpanClaim
    private var teams = TeamVerdicts()

    init(caller: IngestCaller, arrival: Timestamp, recent: RecentSpans) {
        self.caller = caller
        self.arrival = arrival
        claim = SpanClaim(of: recent)
    }

    /// Bytes held beside the batch.
    var byteCount: Int { assembler.byteCount + claim.byteCount + runs.count * FlowRun.byteCount }

    mutating func decodeSpan(_ message: Text, into builder: inout RedactingBatchBuilder) throws(LineError) -> Result {
        let span: OTLPSpanRecord
        do throws(WireReader.Malformed) {
            span = try OTLPSpanRecord(message, into: &index)
        } catch {
            throw LineError(.invalidValue, "no span in protobuf")
        }
        let (isCall, run) = (isCall(span), run(of: span))
        guard isCall || run != nil else { return .skipped }
        let team = try team()
        let key = RecentSpans.Key(team: team, trace: span.traceID, span: span.spanID)
        if let key {
            switch claim.begin(key) {
            case .new: break
            case .stored: return .repeated
            case .underWay: return .underWay
            }
        }
        do throws(LineError) {
            if isCall {
                try decodeCall(span, team: team, memory: message)
                builder.append(assembler.draft)
            }
            if let run { append(run, of: span, team: team, to: &builder) }
        } catch {
            if let key { claim.withdraw(key) }
            throw error
        }
        return .stored
    }

    /// The team of the record, or of its resource, or of the key.
    mutating func team() throws(LineError) -> Int64 {
        let named = index[.team] ?? resource[.team]
        let field = "\(KnownAttribute.team.name)"
        guard let team = named.map({ $0.wholeNumber ?? 0 }) ?? caller.defaultTeam else {
            throw LineError(
                .missingField, field: field, "the key is of no team, so the record or its resource has to name one")
        }
        guard team >= 1 else { throw LineError(.invalidValue, field: field, "a team is an integer of 1 or more") }
        try teams.check(team, for: caller, field: named == nil ? "team_id" : field)
        return team
    }

    /// Times of OTLP are nanoseconds since 1970; 0 is none.
    static func time(nanoseconds: UInt64) -> Timestamp? {
        nanoseconds == 0 ? nil : Timestamp(microseconds: Int64(nanoseconds / 1000))
    }

    /// A trace context's id in hexadecimal; nil when it has another length or is all zero, which is invalid (W3C Trace
    /// Context, section 3.2.2).
    static func hexadecimal(_ id: Text, bytes: Int, in arena: inout TextArena) -> Text? {
        guard id.count == bytes, id.contains(where: { $0 != 0 }) else { return nil }
        let digits: StaticString = "0123456789abcdef"
        let text = arena.take(2 * bytes)
        for (at, byte) in id.enumerated() {
            text[2 * at] = digits.utf8Start[Int(byte >> 4)]
            text[2 * at + 1] = digits.utf8Start[Int(byte & 15)]
        }
        return Text(text)
    }
}

/// An id of a trace; none is all zero.
struct TraceID: Hashable {
    var high: UInt64
    var low: UInt64

    init?(_ id: UnsafeRawBufferPointer) {
        guard id.count == 16 else { return nil }
        high = UInt64(bigEndian: id.loadUnaligned(as: UInt64.self))
        low = UInt64(bigEndian: id.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        if high | low == 0 { return nil }
    }
}

extension RecentSpans.Key {
    /// Nil when one of the ids is none.
    init?(team: Int64, trace: UnsafeRawBufferPointer, span: UnsafeRawBufferPointer) {
        guard let trace = TraceID(trace), span.count == 8 else { return nil }
        let span = UInt64(bigEndian: span.loadUnaligned(as: UInt64.self))
        guard span != 0 else { return nil }
        self.init(team: team, trace: (trace.high, trace.low), span: span)
    }
}
