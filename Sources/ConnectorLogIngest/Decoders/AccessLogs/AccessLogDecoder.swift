import ConnectorLogCore

/// Turns lines of a proxy's access log in JSON into log entries: one object a line, its members named as the proxy names
/// what they say (`docs/ingest.md` has the formats to configure). Proxies write what they do not know as an empty text,
/// as `-` or as null; all are none. A member that is not known here is kept among the attributes, under its name.
struct AccessLogDecoder: ~Copyable {
    typealias Text = EntryDraft.Text

    package enum Dialect: Sendable {
        case nginx, envoy
    }

    private let dialect: Dialect
    private var team: CallersTeam
    let defaults: RecordDefaults
    /// The time of lines that give none, and what times ahead are measured from.
    var arrival = Timestamp.epoch
    var entry = EntryAssembler()
    /// The line's own text.
    var text = Text(start: nil, count: 0)

    init(_ dialect: Dialect, caller: IngestCaller, defaults: RecordDefaults) {
        self.dialect = dialect
        team = CallersTeam(caller)
        self.defaults = defaults
    }

    /// Bytes held beside the batch.
    var byteCount: Int { entry.byteCount }

    mutating func decode(_ line: Text, into builder: inout RedactingBatchBuilder) throws(LineError) {
        entry.begin()
        text = repaired(line)
        var contents = try JSONContents(objectIn: text)
        entry.draft.teamID = try team.id()
        switch dialect {
        case .nginx: try readNginx(&contents)
        case .envoy: try readEnvoy(&contents)
        }
        entry.setIDsFromRequestHeaders()
        entry.apply(defaults)
        entry.end(memory: text)
        builder.append(entry.draft)
    }

    /// Clients put any bytes into the headers and paths that proxies log: what is no UTF-8 becomes U+FFFD, and the call
    /// is kept.
    private mutating func repaired(_ line: Text) -> Text {
        do {
            try JSONText.validateUTF8(line)
            return line
        } catch {
            return entry.arena.copy(String(decoding: line, as: UTF8.self))
        }
    }

    // MARK: - Members

    /// Reads the line's object. Members of other names are in `others`, in their order: no more than an entry can have.
    func read<Name: MemberName>(
        _ contents: inout JSONContents, _ reader: NamedMemberReader<Name>
    ) throws(LineError) -> (members: NamedMembers<Name>, others: [(name: JSONSlice, value: JSONSlice)]) {
        var others: [(name: JSONSlice, value: JSONSlice)] = []
        let members = try reader.read(&contents, in: text) { name, value in
            if others.count < Self.mostOthers { others.append((name, value)) }
        }
        try contents.end()
        return (members, others)
    }

    private static let mostOthers = 2 * Limits.headerFields + 4 * Limits.attributeMembers

    // MARK: - Values

    /// A text or a number that says something.
    mutating func value(_ slice: JSONSlice?) -> Text? {
        guard let slice else { return nil }
        if slice.kind == .number { return slice.bytes(in: text) }
        guard let value = entry.meaning(slice, in: text), !value.isEmpty, !value.isEqual("-") else { return nil }
        return value
    }

    /// Digits, with a decimal point or without.
    static func number(_ text: Text?) -> JSONNumber? {
        guard let text, let first = text.first, first &- 48 <= 9,
            text.allSatisfy({ $0 &- 48 <= 9 || $0 == UInt8(ascii: ".") }),
            text.count(where: { $0 == UInt8(ascii: ".") }) <= 1
        else { return nil }
        return JSONNumber(text)
    }

    mutating func wholeNumber(_ slice: JSONSlice?) -> Int64? {
        try? Self.number(value(slice))?.rounded(places: 0)
    }

    /// What names the record's place: the same in both dialects, by variables or literals of the proxy's configuration.
    mutating func setPlace(event: JSONSlice?, flowID: JSONSlice?, flowName: JSONSlice?, stateID: JSONSlice?) {
        entry.draft.event = entry.text(value(event), "event", limit: Limits.event)
        entry.draft.flowID = entry.identifier(value(flowID), "flow_id")
        entry.draft.flowName = entry.identifier(value(flowName), "flow_name", limit: Limits.name)
        entry.draft.stateID = entry.identifier(value(stateID), "state_id")
    }

    /// `scheme://host/path`, as much of it as is known. A target in absolute form (RFC 9112, section 3.2.2) is whole.
    mutating func uri(scheme: Text?, host: Text?, target: Text?) -> Text? {
        let target = target ?? Text(start: nil, count: 0)
        guard let host, EntryAssembler.host(of: target) == nil else { return target.isEmpty ? nil : target }
        let scheme = scheme ?? Text(start: nil, count: 0)
        let room = entry.arena.take(scheme.count + 3 + host.count + target.count)
        var count = 0
        for part in [scheme, Text(scheme.isEmpty ? "//" : "://"), host, target] {
            UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: part)
            count += part.count
        }
        entry.arena.giveBack(room.count - count)
        return Text(rebasing: room[..<count])
    }

    mutating func addHeader(_ name: StaticString, _ value: Text?, to side: EntryAssembler.Side) {
        if let value { entry.addHeader(name, value, to: side) }
    }

    /// Members of other names.
    mutating func addAttributes(_ members: [(name: JSONSlice, value: JSONSlice)]) {
        if members.count >= Self.mostOthers { entry.leaveOut("attributes") }
        for (name, value) in members {
            if value.kind.isString, self.value(value) == nil { continue }
            entry.addAttribute(name, value, in: text)
        }
    }
}
