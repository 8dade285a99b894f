import ConnectorLogCore

/// Puts an entry together from what another format says of a call.
///
/// Who reports in a format of others cannot keep to our limits, so a value that is longer than its field is left out as a
/// whole, and the attribute `connectorlog.left_out` names it: a value that is cut before redaction could lose the part by
/// which a secret is recognised.
struct EntryAssembler: ~Copyable {
    typealias Text = EntryDraft.Text

    enum Side { case request, response }

    /// What is appended to the batch. Texts in it are the arena's or lie in memory of the caller.
    var draft = EntryDraft()
    var arena = TextArena()
    private var attributes = AttributesWriter()
    private var leftOut: [String] = []
    private var headerBytes = (request: 0, response: 0)

    /// Room in the attributes that is kept for `connectorlog.left_out`.
    private static let noteBytes = 512

    init() {}

    /// Bytes held beside the batch.
    var byteCount: Int { arena.byteCount + attributes.byteCount }

    /// Begins an entry without any field.
    mutating func begin() {
        arena.reset()
        attributes.begin()
        leftOut.removeAll(keepingCapacity: true)
        headerBytes = (0, 0)
        var (requestHeaders, responseHeaders) = (draft.requestHeaders, draft.responseHeaders)
        draft = EntryDraft()
        requestHeaders.removeAll(keepingCapacity: true)
        responseHeaders.removeAll(keepingCapacity: true)
        (draft.requestHeaders, draft.responseHeaders) = (requestHeaders, responseHeaders)
    }

    /// Ends the entry: `draft` is whole.
    mutating func end(memory: Text = Text(start: nil, count: 0)) {
        if !leftOut.isEmpty {
            let names = arena.copy(leftOut.joined(separator: ", "))
            let name = arena.copy("connectorlog.left_out")
            _ = attributes.appendIfFits(name, .text(names))
        }
        draft.attributes = attributes.isEmpty ? nil : attributes.finish()
        draft.memory = (arena.firstStretch, memory)
    }

    mutating func leaveOut(_ field: String) {
        if leftOut.contains(field) { return }
        let bytes = leftOut.reduce(field.utf8.count) { $0 + $1.utf8.count + 2 }
        if bytes < Self.noteBytes - 64 { leftOut.append(field) }
    }

    // MARK: - Texts

    /// A text of at most `limit` Unicode scalars; nil when it is empty.
    mutating func text(_ text: Text?, _ field: String, limit: Int) -> Text? {
        guard let text, !text.isEmpty else { return nil }
        if text.count > limit, text.count(where: { $0 & 0xC0 != 0x80 }) > limit {
            leaveOut(field)
            return nil
        }
        return text
    }

    /// A text that names something: it may stand in a row of a database, where U+0000 would end it.
    mutating func identifier(_ text: Text?, _ field: String, limit: Int = Limits.identifier) -> Text? {
        guard let text = self.text(text, field, limit: limit) else { return nil }
        guard !text.contains(0) else {
            leaveOut(field)
            return nil
        }
        return text
    }

    /// A token (RFC 9110, sections 5.6.2 and 9.1).
    mutating func method(_ text: Text?) -> Text? {
        guard let text = self.text(text, "method", limit: Limits.method) else { return nil }
        guard text.allSatisfy(\.isTokenByte) else {
            leaveOut("method")
            return nil
        }
        return text
    }

    /// A connector's identifier made of any name: other characters than an identifier may have become one dash. Nil when
    /// nothing is left, or too much.
    mutating func connector(from name: Text?) -> Text? {
        guard let name, !name.isEmpty, name.count <= 4 * Limits.connectorIdentifier else { return nil }
        draft.connectorSource = nil
        if name.count <= Limits.connectorIdentifier, name.allSatisfy(\.isIdentifierByte) { return name }
        draft.connectorSource = name
        let room = arena.take(name.count)
        var count = 0
        for byte in name {
            if byte.isIdentifierByte {
                room[count] = byte
                count += 1
            } else if count > 0, room[count - 1] != UInt8(ascii: "-") {
                room[count] = UInt8(ascii: "-")
                count += 1
            }
        }
        while count > 0, room[count - 1] == UInt8(ascii: "-") { count -= 1 }
        guard (1...Limits.connectorIdentifier).contains(count) else { return nil }
        return Text(rebasing: room[..<count])
    }

    // MARK: - Numbers

    /// When the call occurred, as the flat form's `log_time`.
    ///
    /// - Parameter field: what the format calls it.
    mutating func setTime(
        _ time: Timestamp, arrival: Timestamp, field: String = "log_time"
    ) throws(LineError) {
        guard time >= .epoch else {
            throw LineError(.outOfRange, field: field, "earlier than 1970-01-01T00:00:00Z")
        }
        guard time <= arrival.advanced(bySeconds: Limits.secondsAhead) else {
            throw LineError(.outOfRange, field: field, "more than 24 hours ahead")
        }
        draft.logTime = time.microseconds
    }

    /// Microseconds; those of no call are left out.
    mutating func setDuration(_ microseconds: Int64) {
        if (0...Int64(Limits.durationMilliseconds) * 1000).contains(microseconds) {
            draft.duration = microseconds
        } else {
            leaveOut("duration_ms")
        }
    }

    /// 0 and less, which formats write for a call without a response, is none.
    mutating func setStatus(_ status: Int64) {
        if (100...599).contains(status) {
            draft.status = Int(status)
        } else if status > 0 {
            leaveOut("status")
        }
    }

    // MARK: - Headers and attributes

    mutating func addHeader(_ name: Text, _ value: Text, to side: Side) {
        let field = side == .request ? "request_headers" : "response_headers"
        let bytes = (side == .request ? headerBytes.request : headerBytes.response) + name.count + value.count
        let count = side == .request ? draft.requestHeaders.count : draft.responseHeaders.count
        guard !name.isEmpty, !name.contains(0), count < Limits.headerFields, bytes <= Limits.headerBytes else {
            return leaveOut(field)
        }
        let header = EntryDraft.Header(name: name, value: value)
        switch side {
        case .request:
            headerBytes.request = bytes
            draft.requestHeaders.append(header)
        case .response:
            headerBytes.response = bytes
            draft.responseHeaders.append(header)
        }
    }

    /// - Parameter usesAllRoom: also that of `connectorlog.left_out`, for attributes that were an entry's before.
    mutating func addAttribute(_ name: Text, _ value: AttributesWriter.Value, usesAllRoom: Bool = false) {
        let isKept = attributes.appendIfFits(
            name, value, members: Limits.attributeMembers - (usesAllRoom ? 0 : 1),
            bytes: Limits.attributeBytes - (usesAllRoom ? 0 : Self.noteBytes))
        if !isKept { leaveOut("attributes") }
    }

    mutating func addAttribute(_ name: StaticString, _ value: AttributesWriter.Value) {
        addAttribute(Text(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
    }
}
