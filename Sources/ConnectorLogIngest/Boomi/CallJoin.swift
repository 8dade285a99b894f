import ConnectorLogCore

/// Puts the parts of a call together to one entry, or makes one of a part that stays alone.
struct CallJoin: ~Copyable {
    typealias Text = EntryDraft.Text

    /// What the entry of a part alone says of itself, in this attribute.
    static let attribute: StaticString = "connectorlog.part"
    /// The error of a request to which no answer came in time.
    static let noAnswer = (name: "NoResponse", message: "no answer was reported within \(BoomiLimits.window) seconds")

    var assembler = EntryAssembler()
    private var redactedBefore: [Redaction] = []
    /// Names of attributes so far.
    private var seen: Set<String> = []

    init() {}

    /// Fills the assembler's draft. One of the two has to be there.
    mutating func fill(request: PackedEntry?, answer: PackedEntry?) {
        guard let first = request ?? answer else { return }
        let last = answer ?? first
        assembler.begin()
        redactedBefore = []
        seen = []
        assembler.draft.teamID = first.teamID
        assembler.draft.logTime = first.logTime
        assembler.draft.connector = copy(first[.connector] ?? [])
        assembler.draft.outcome = last.outcome
        assembler.draft.status = Int(last.status)
        assembler.draft.duration = last.duration >= 0 ? last.duration : first.duration
        fillTexts(first, last)
        fillHeadersAndBodies(first, last)
        addAttributes(of: first)
        if request != nil, answer != nil { addAttributes(of: last) }
        switch (request, answer) {
        case (.some, .some): break
        case (.some, nil):
            assembler.draft.outcome = .failed
            assembler.draft.errorName = assembler.arena.copy(Self.noAnswer.name)
            assembler.draft.errorMessage = assembler.arena.copy(Self.noAnswer.message)
            addPart("request")
        case (nil, _): addPart("answer")
        }
        assembler.end()
        assembler.draft.redactedBefore = redactedBefore
    }

    // MARK: - Texts

    private mutating func fillTexts(_ first: PackedEntry, _ last: PackedEntry) {
        assembler.draft.event = text(.event, "event", first, last)
        assembler.draft.method = text(.method, "method", first, last)
        assembler.draft.uri = text(.uri, "uri", first, last)
        assembler.draft.requestID = text(.requestID, "request_id", first, last)
        assembler.draft.flowID = text(.flowID, "flow_id", first, last)
        assembler.draft.flowName = text(.flowName, "flow_name", first, last)
        assembler.draft.flowVersion = text(.flowVersion, "flow_version", first, last)
        assembler.draft.stateID = text(.stateID, "state_id", first, last)
        assembler.draft.traceID = text(.traceID, "trace_id", first, last)
        assembler.draft.spanID = text(.spanID, "span_id", first, last)
        assembler.draft.errorName = text(.errorName, "error_name", last, first)
        assembler.draft.errorMessage = text(.errorMessage, "error_message", last, first)
    }

    /// Of the first of the two that has it, with what was taken out of it there.
    private mutating func text(
        _ field: EntryTextField, _ name: String, _ one: PackedEntry, _ other: PackedEntry
    ) -> Text? {
        for entry in [one, other] {
            guard let bytes = entry[field] else { continue }
            noteRedactions(of: name, in: entry)
            return copy(bytes)
        }
        return nil
    }

    private mutating func noteRedactions(of field: String, in entry: PackedEntry) {
        let receipt = entry[.receipt].flatMap(Receipt.decode) ?? []
        redactedBefore += receipt.filter { $0.field == field || $0.field.hasPrefix(field + ".") }
    }

    private mutating func copy(_ bytes: ArraySlice<UInt8>) -> Text {
        bytes.withUnsafeBytes { assembler.arena.copy($0) }
    }

    // MARK: - Headers, bodies, attributes

    private mutating func fillHeadersAndBodies(_ first: PackedEntry, _ last: PackedEntry) {
        for entry in [first, last] where assembler.draft.requestHeaders.isEmpty {
            addHeaders(.requestHeaders, "request_headers", of: entry, to: .request)
        }
        for entry in [last, first] where assembler.draft.responseHeaders.isEmpty {
            addHeaders(.responseHeaders, "response_headers", of: entry, to: .response)
        }
        assembler.draft.requestBody =
            body(.requestBody, "request_body", first, first.requestBodyAttributes)
            ?? body(.requestBody, "request_body", last, last.requestBodyAttributes)
        assembler.draft.responseBody =
            body(.responseBody, "response_body", last, last.responseBodyAttributes)
            ?? body(.responseBody, "response_body", first, first.responseBodyAttributes)
    }

    private mutating func addHeaders(
        _ field: EntryTextField, _ name: String, of entry: PackedEntry, to side: EntryAssembler.Side
    ) {
        guard let bytes = entry[field], let headers = HeaderList.decode(bytes) else { return }
        noteRedactions(of: name, in: entry)
        for header in headers {
            assembler.addHeader(assembler.arena.copy(header.name), assembler.arena.copy(header.value), to: side)
        }
    }

    private mutating func body(
        _ field: EntryTextField, _ name: String, _ entry: PackedEntry, _ packed: Int64
    ) -> EntryDraft.Body? {
        guard let bytes = entry[field] else { return nil }
        noteRedactions(of: name, in: entry)
        let attributes = BodyAttributes(packed: packed)
        var body = EntryDraft.Body(bytes: copy(bytes))
        body.isBinary = attributes.isBinary
        body.isTruncated = attributes.isTruncated
        body.originalSize = attributes.originalSize
        return body
    }

    /// Of a name that both have, the first counts.
    private mutating func addAttributes(of entry: PackedEntry) {
        guard let bytes = entry[.attributes], let members = JSONMembers(copy(bytes)) else { return }
        noteRedactions(of: "attributes", in: entry)
        var attributes: [(name: String, value: [UInt8], isText: Bool)] = []
        members.forEach { name, value in
            guard let content = members.content(value) else { return }
            attributes.append((name, content, value.kind.isString))
        }
        for (name, value, isText) in attributes {
            guard name != "connectorlog.left_out" else {
                let names = String(decoding: value, as: UTF8.self)
                for field in names.split(separator: ", ").map(String.init) { assembler.leaveOut(field) }
                continue
            }
            guard seen.insert(name).inserted else { continue }
            let text = copy(value[...])
            assembler.addAttribute(assembler.arena.copy(name), isText ? .text(text) : .literal(text))
        }
    }

    private mutating func addPart(_ part: String) {
        assembler.addAttribute(Self.attribute, .text(assembler.arena.copy(part)))
    }
}
