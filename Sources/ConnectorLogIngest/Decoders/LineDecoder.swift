import CByteSearch
import ConnectorLogCore

/// Turns lines of the flat form into entries, faults and state changes: one pass to find the fields, then their types and
/// limits, then the wall. What a line needs in memory is kept for the next one.
struct LineDecoder: ~Copyable {
    var fields = LineFields()
    /// Unescaped and decoded texts of the line. Reserved for the whole line at once, so that nothing in it moves: what a
    /// string means never has more bytes than the string.
    var texts = ByteScratch()
    var attributes = AttributesWriter()
    var draft = EntryDraft()
    let caller: IngestCaller
    /// The default of `log_time`, and what times ahead are measured from.
    var arrival = Timestamp.epoch
    private var teams = TeamVerdicts()

    /// Memory that one long line needed is not kept beyond this.
    private static let keptBytes = 1 << 18

    init(caller: IngestCaller) {
        self.caller = caller
    }

    /// Bytes held beside the batch.
    var byteCount: Int { texts.capacity + attributes.byteCount }

    mutating func decode(
        _ line: UnsafeRawBufferPointer, into builder: inout RedactingBatchBuilder
    ) throws(LineError) {
        texts.removeAll(keepingCapacity: Self.keptBytes)
        // Trace ids in capital letters are written once more.
        texts.reserve(line.count + 64)
        try fields.scan(line)
        switch try kind() {
        case .entry:
            try decodeEntry()
            draft.memory = (line, texts.bytes)
            builder.append(draft)
        case .fault:
            builder.append(try fault())
        case .state:
            builder.append(try stateChange())
        }
    }

    private enum Kind { case entry, fault, state }

    private mutating func kind() throws(LineError) -> Kind {
        guard let type = try text(.type, limit: Limits.identifier) else { return .entry }
        if type.isEqual("entry") { return .entry }
        if type.isEqual("fault") { return .fault }
        if type.isEqual("state") { return .state }
        throw failure(.invalidValue, .type, "entry, fault or state is expected")
    }

    /// The line's team, or the caller's, when the caller may write to it.
    mutating func team() throws(LineError) -> Int64 {
        guard let team = try whole(.teamID, in: 1...Int64.max) ?? caller.defaultTeam else {
            throw LineError(.missingField, field: "team_id", "the line has to name a team")
        }
        try teams.check(team, for: caller)
        return team
    }

    func failure(_ code: LineError.Code, _ field: FlatField, _ reason: String) -> LineError {
        let place = fields[field].map { ", at byte \($0.offset)" } ?? ""
        return LineError(code, field: "\(field.name)", reason + place)
    }

    func missing(_ field: FlatField) -> LineError {
        LineError(.missingField, field: "\(field.name)", "the field is required")
    }
}

extension UnsafeRawBufferPointer {
    func isEqual(_ word: StaticString) -> Bool {
        guard let start = baseAddress, count == word.utf8CodeUnitCount else { return false }
        return same_bytes(start, word.utf8Start, count)
    }
}
