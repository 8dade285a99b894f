/// The wall: takes what senders gave, takes the secrets out, and builds the batch that goes to the store.
///
/// One builder serves one request; the memory of its columns is the only memory that an entry takes.
package struct RedactingBatchBuilder: ~Copyable {
    private var policies: PolicyLookup
    private let decompressor: (any BodyDecompressing)?
    private let bodyLimit: Int
    private var columns = EntryColumnsBuilder()
    private var faults: [RootFault] = []
    private var states: [StateChange] = []
    private var pending: [PendingPart] = []
    private var released: [Int64] = []
    private var workspace = RedactionWorkspace()
    /// One value of a fault or a state while it is redacted.
    private var scratch = ByteScratch()
    /// A body that was decompressed, and what it was before, when that was compressed, too.
    private var plain = ByteScratch()
    private var compressed = ByteScratch()
    /// Bytes that `faults`, `states` and `pending` hold.
    private var runBytes = 0

    /// - Parameters:
    ///   - bodyLimit: bytes of a body that are kept; the rest is cut after redaction, and the entry says so.
    ///   - decompressor: without one, compressed bodies are not kept.
    package init(
        book: RedactionBook, decompressor: (any BodyDecompressing)? = nil, bodyLimit: Int = Limits.bodyBytes
    ) {
        policies = PolicyLookup(book)
        self.decompressor = decompressor
        self.bodyLimit = bodyLimit
    }

    package var count: Int { columns.count + faults.count + states.count + pending.count }

    /// Parts of calls that are held so far.
    package var pendingCounts: PendingCounts {
        PendingCounts(parts: pending.count, bytes: pending.reduce(0) { $0 + $1.entry.bytes.count })
    }

    /// Bytes that the batch holds so far, for limits.
    package var byteCount: Int {
        columns.byteCount + runBytes + scratch.capacity + plain.capacity + compressed.capacity + workspace.byteCount
    }

    /// Of `byteCount`, what the batch itself takes: the rest is room that the next entry uses again.
    package var contentByteCount: Int { columns.contentByteCount + runBytes }

    package consuming func finish() -> RedactedBatch {
        RedactedBatch(
            entries: columns.finish(), faults: faults, states: states, pendingParts: pending, releasedParts: released,
            secretVersions: policies.versions)
    }

    // MARK: - Entries

    package mutating func append(_ entry: borrowing EntryDraft) {
        workspace.tally.removeAll()
        let redactor = TextRedactor(
            policy: entry.isConnectorGuessed
                ? policies.policyOfRuns(team: entry.teamID)
                : policies.policy(team: entry.teamID, connector: entry.connector))
        workspace.read(entry.memory, for: redactor.policy)
        var row = columns.makeRow()
        row.teamID = entry.teamID
        row.logTime = entry.logTime
        row.status = Int64(entry.status)
        let outcome =
            entry.outcome
            ?? Outcome(
                status: entry.status == 0 ? nil : entry.status,
                hasError: entry.errorName != nil || entry.errorMessage != nil)
        row.outcome = outcome.rawValue
        row.duration = entry.duration
        appendConnector(entry, redactor, to: &row)
        appendWord(entry.method, .method, "method", redactor, to: &row)
        appendTraceID(entry.traceID, .traceID, "trace_id", redactor, to: &row)
        appendTraceID(entry.spanID, .spanID, "span_id", redactor, to: &row)
        appendText(entry.event, .event, "event", redactor, to: &row)
        appendText(entry.uri, .uri, "uri", redactor, context: .uri, to: &row)
        appendText(entry.requestID, .requestID, "request_id", redactor, to: &row)
        appendText(entry.flowID, .flowID, "flow_id", redactor, to: &row)
        appendText(entry.flowName, .flowName, "flow_name", redactor, to: &row)
        appendText(entry.flowVersion, .flowVersion, "flow_version", redactor, to: &row)
        appendText(entry.stateID, .stateID, "state_id", redactor, to: &row)
        appendText(entry.errorName, .errorName, "error_name", redactor, to: &row)
        appendText(entry.errorMessage, .errorMessage, "error_message", redactor, to: &row)
        appendText(entry.attributes, .attributes, "attributes", redactor, to: &row)
        appendHeaders(entry.requestHeaders, .requestHeaders, "request_headers", redactor, to: &row)
        appendHeaders(entry.responseHeaders, .responseHeaders, "response_headers", redactor, to: &row)
        row.requestBodyAttributes = appendBody(
            entry.requestBody, entry.requestHeaders, .requestBody, "request_body", redactor, to: &row)
        row.responseBodyAttributes = appendBody(
            entry.responseBody, entry.responseHeaders, .responseBody, "response_body", redactor, to: &row)
        if !workspace.tally.isEmpty || !entry.redactedBefore.isEmpty {
            appendReceipt(redactor.policy, before: entry.redactedBefore, to: &row)
        }
        columns.append(row)
    }

    /// As `append`, of an entry that is the part of a call that waits for the other: it becomes no entry now. An entry
    /// without a connector becomes nothing.
    package mutating func hold(_ entry: borrowing EntryDraft, as key: PendingPart.Key, arrivedAt: Timestamp) {
        var alone = EntryColumnsBuilder()
        swap(&columns, &alone)
        append(entry)
        swap(&columns, &alone)
        guard let entry = PackedEntry(alone.finish(), row: 0) else { return }
        runBytes += MemoryLayout<PendingPart>.size + 2 * PendingPart.Key.byteCount + entry.bytes.count
        pending.append(PendingPart(key: key, arrivedAt: arrivedAt, entry: entry))
    }

    /// These parts wait no longer once the batch is stored.
    package mutating func release(_ numbers: some Sequence<Int64>) {
        released += numbers
    }

    /// Names in it come from texts, too.
    private mutating func appendReceipt(
        _ policy: RedactionPolicy, before: [Redaction], to row: inout EntryColumnsBuilder.Row
    ) {
        let start = columns[.receipt].count
        // Of what was taken out elsewhere, names were chosen without knowing this team's secrets.
        let before = before.map { redaction in
            var field = redaction.field
            let isClean = field.withUTF8 { !policy.hasLeft(in: UnsafeRawBufferPointer($0)) }
            return isClean ? redaction : redaction.withoutName
        }
        Receipt.append(before, to: &columns[.receipt])
        workspace.tally.append(to: &columns[.receipt])
        if policy.hasLeft(in: UnsafeRawBufferPointer(rebasing: columns[.receipt].bytes[start...])) {
            columns[.receipt].removeAll(keepingFirst: start)
            Receipt.append(before.map(\.withoutName), to: &columns[.receipt])
            workspace.tally.forgetNames()
            workspace.tally.append(to: &columns[.receipt])
            policy.secondLook.tell("receipt")
        }
        columns.endText(.receipt, of: &row)
    }

    private mutating func appendConnector(
        _ entry: borrowing EntryDraft, _ redactor: TextRedactor, to row: inout EntryColumnsBuilder.Row
    ) {
        if let source = entry.connectorSource {
            scratch.removeAll()
            redactor.redact(source, context: .text, field: "connector_identifier", into: &scratch, &workspace)
            let isClean = scratch.bytes.elementsEqual(source) && !redactor.policy.hasLeft(in: scratch.bytes)
            scratch.removeAll()
            guard isClean else {
                columns[.connector].append("redacted-connector")
                return columns.endText(.connector, of: &row)
            }
        }
        appendWord(entry.connector, .connector, "connector_identifier", redactor, to: &row)
    }

    /// A word of letters, digits and dashes, which only a known secret or a token can be: a word takes its place.
    private mutating func appendWord(
        _ text: UnsafeRawBufferPointer?, _ column: EntryTextField, _ field: StaticString, _ redactor: TextRedactor,
        to row: inout EntryColumnsBuilder.Row
    ) {
        guard let text else { return }
        let start = columns[column].count
        redactor.redactWord(text, field: field, into: &columns[column], &workspace)
        if hasDropped(column, from: start, field, redactor) { columns[column].append("second-look") }
        columns.endText(column, of: &row)
    }

    /// Hexadecimal digits, which only a known secret can be: no other id takes its place.
    private mutating func appendTraceID(
        _ text: UnsafeRawBufferPointer?, _ column: EntryTextField, _ field: StaticString, _ redactor: TextRedactor,
        to row: inout EntryColumnsBuilder.Row
    ) {
        guard let text, !redactor.isKnownSecret(text, field: field, &workspace) else { return }
        let start = columns[column].count
        columns[column].append(text)
        endText(column, from: start, field, redactor, of: &row)
    }

    private mutating func appendText(
        _ text: UnsafeRawBufferPointer?, _ column: EntryTextField, _ field: StaticString, _ redactor: TextRedactor,
        context: TextRedactor.Context = .text, to row: inout EntryColumnsBuilder.Row
    ) {
        guard let text else { return }
        let start = columns[column].count
        redactor.redact(text, context: context, field: field, into: &columns[column], &workspace)
        endText(column, from: start, field, redactor, of: &row)
    }

    private mutating func appendHeaders(
        _ headers: [EntryDraft.Header], _ column: EntryTextField, _ field: StaticString, _ redactor: TextRedactor,
        to row: inout EntryColumnsBuilder.Row
    ) {
        if headers.isEmpty { return }
        let start = columns[column].count
        for header in headers {
            redactor.redactHeaderName(header.name, field: field, into: &columns[column], &workspace)
            redactor.redactHeaderValue(header, field: field, into: &columns[column], &workspace)
        }
        endText(column, from: start, field, redactor, of: &row)
    }

    /// The row has the text that begins at `start`, unless the second look finds something in it.
    @inline(__always)
    private mutating func endText(
        _ column: EntryTextField, from start: Int, _ field: StaticString, _ redactor: TextRedactor,
        of row: inout EntryColumnsBuilder.Row
    ) {
        if !hasDropped(column, from: start, field, redactor) { columns.endText(column, of: &row) }
    }

    /// Takes the text that begins at `start` away again when the second look finds something in it.
    @inline(__always)
    private mutating func hasDropped(
        _ column: EntryTextField, from start: Int, _ field: StaticString, _ redactor: TextRedactor
    ) -> Bool {
        let text = UnsafeRawBufferPointer(rebasing: columns[column].bytes[start...])
        let isLeft =
            column == .requestHeaders || column == .responseHeaders
            ? redactor.policy.hasLeft(inHeaders: text) : redactor.policy.hasLeft(in: text)
        guard isLeft else { return false }
        columns[column].removeAll(keepingFirst: start)
        noteDropped(field, redactor)
        return true
    }

    @inline(never)
    private mutating func noteDropped(_ field: StaticString, _ redactor: TextRedactor) {
        workspace.tally.add(.secondLook, field: field, name: UnsafeRawBufferPointer(start: nil, count: 0))
        redactor.policy.secondLook.tell(field)
    }

    /// Redacts first and cuts then, so that no cut hides the beginning of what would have been redacted.
    private mutating func appendBody(
        _ body: EntryDraft.Body?, _ headers: [EntryDraft.Header], _ column: EntryTextField, _ field: StaticString,
        _ redactor: TextRedactor, to row: inout EntryColumnsBuilder.Row
    ) -> Int64 {
        guard let body else { return 0 }
        var attributes = BodyAttributes(
            originalSize: body.originalSize ?? body.bytes.count, isBinary: body.isBinary, isTruncated: body.isTruncated)
        if let readable = readable(body, headers, field, redactor) {
            let start = columns[column].count
            redactor.redactBody(
                readable.bytes, field: field, isCut: readable.isTruncated, into: &columns[column], &workspace)
            let whole = UnsafeRawBufferPointer(rebasing: columns[column].bytes[start...])
            attributes.isBinary = readable.isBinary
            let kept = kept(of: whole, isBinary: readable.isBinary).count
            if kept < whole.count { attributes.isTruncated = true }
            columns[column].removeAll(keepingFirst: start + kept)
            if hasDropped(column, from: start, field, redactor) {
                attributes.isTruncated = true
                attributes.isBinary = false
            }
        } else {
            // It was there, and this many bytes long: a body that is cut to nothing.
            attributes.isTruncated = attributes.originalSize > 0
            attributes.isBinary = false
        }
        columns.endText(column, of: &row)
        return attributes.packed
    }

    /// The body in a form in which secrets can be found; nil when it is not to be kept. What is decompressed lies in
    /// `plain` and `compressed`, and is good until the next body.
    private mutating func readable(
        _ body: EntryDraft.Body, _ headers: [EntryDraft.Header], _ field: StaticString, _ redactor: TextRedactor
    ) -> EntryDraft.Body? {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        guard redactor.policy.keepsBodies else {
            if !body.bytes.isEmpty { workspace.tally.add(.bodyNotKept, field: field, name: nothing) }
            return nil
        }
        var body = body
        var headers = headers
        for _ in 0...Limits.bodyCodings {
            switch BodyContent(body, headers: headers) {
            case .readable: return body
            case .opaque:
                workspace.tally.add(.unsafeBody, field: field, name: nothing)
                return nil
            case .compressed(let coding):
                swap(&plain, &compressed)
                plain.removeAll(keepingCapacity: RedactionWorkspace.keptBytes)
                guard let decompressor,
                    decompressor.decompress(
                        body.bytes, coding, isCut: body.isTruncated, limit: Limits.decompressedBodyBytes, into: &plain)
                else {
                    workspace.tally.add(.unsafeBody, field: field, name: nothing)
                    return nil
                }
                // What the headers say is done, once.
                if case .deflate = coding { headers = [] }
                workspace.tally.add(.decompressed, field: field, name: nothing)
                body.bytes = plain.bytes
                body.isBinary = !BodyContent.isText(plain.bytes)
            }
        }
        workspace.tally.add(.unsafeBody, field: field, name: nothing)
        return nil
    }

    /// As much as a body may have; no character of a text is cut in two.
    private func kept(of body: UnsafeRawBufferPointer, isBinary: Bool) -> UnsafeRawBufferPointer {
        guard body.count > bodyLimit else { return body }
        var end = bodyLimit
        if !isBinary {
            while end > 0, body[end] & 0xC0 == 0x80 { end -= 1 }
        }
        return UnsafeRawBufferPointer(rebasing: body[..<end])
    }

    // MARK: - Faults and states

    package mutating func append(_ fault: RootFault) {
        workspace.tally.removeAll()
        workspace.forgetMemory()
        let redactor = redactor(team: fault.teamID, connector: fault.connectorIdentifier)
        var fault = fault
        fault.connectorIdentifier = fault.connectorIdentifier.map { word($0, "connector_identifier", redactor) }
        fault.name = redacted(fault.name, "name", redactor)
        fault.stateID = fault.stateID.map { redacted($0, "state_id", redactor) }
        fault.flowID = fault.flowID.map { redacted($0, "flow_id", redactor) }
        fault.flowName = fault.flowName.map { redacted($0, "flow_name", redactor) }
        fault.flowVersion = fault.flowVersion.map { redacted($0, "flow_version", redactor) }
        fault.entryRequestID = fault.entryRequestID.map { redacted($0, "entry_request_id", redactor) }
        fault.kind = fault.kind.map { redacted($0, "kind", redactor) }
        fault.uri = fault.uri.map { redacted($0, "uri", redactor, context: .uri) }
        fault.message = fault.message.map { redacted($0, "message", redactor) }
        fault.invokeType = fault.invokeType.map { redacted($0, "invoke_type", redactor) }
        fault.action = fault.action.map { redacted($0, "action", redactor) }
        fault.responseHeaders = fault.responseHeaders.map { redacted($0, "response_headers", redactor) }
        if let body = fault.responseBody { fault.responseBody = redacted(body, of: fault, redactor) }
        fault.receipt = workspace.tally.redactions
        for at in fault.receipt.indices {
            var field = fault.receipt[at].field
            guard field.withUTF8({ redactor.policy.hasLeft(in: UnsafeRawBufferPointer($0)) }) else { continue }
            fault.receipt[at] = fault.receipt[at].withoutName
            redactor.policy.secondLook.tell("receipt")
        }
        runBytes += MemoryLayout<RootFault>.size + (fault.responseBody?.bytes.count ?? 0)
        faults.append(fault)
    }

    /// Headers and body of a fault lie in objects of Swift: here they are lent as bytes.
    private mutating func redacted(_ body: Body, of fault: RootFault, _ redactor: TextRedactor) -> Body {
        // The two that tell what is in a body.
        let telling = fault.responseHeaders.filter {
            ["content-encoding", "content-type"].contains($0.name.lowercased())
        }
        var lent = telling.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
        return lent.withUnsafeMutableBytes { room in
            var at = 0
            func take(_ count: Int) -> UnsafeRawBufferPointer {
                defer { at += count }
                return UnsafeRawBufferPointer(rebasing: room[at..<at + count])
            }
            let headers = telling.map {
                EntryDraft.Header(name: take($0.name.utf8.count), value: take($0.value.utf8.count))
            }
            return body.bytes.withUnsafeBytes { bytes in
                var draft = EntryDraft.Body(bytes: bytes)
                (draft.isBinary, draft.isTruncated) = (body.isBinary, body.isTruncated)
                var result = body
                guard let readable = readable(draft, headers, "response_body", redactor) else {
                    result.bytes = []
                    result.isTruncated = body.originalSize > 0
                    result.isBinary = false
                    return result
                }
                scratch.removeAll()
                redactor.redactBody(
                    readable.bytes, field: "response_body", isCut: readable.isTruncated, into: &scratch, &workspace)
                let kept = kept(of: scratch.bytes, isBinary: readable.isBinary)
                if redactor.policy.hasLeft(in: kept) {
                    noteDropped("response_body", redactor)
                    (result.bytes, result.isTruncated, result.isBinary) = ([], true, false)
                    return result
                }
                result.isTruncated = body.isTruncated || kept.count < scratch.count
                result.isBinary = readable.isBinary
                result.bytes = Array(kept)
                return result
            }
        }
    }

    package mutating func append(_ change: StateChange) {
        workspace.tally.removeAll()
        workspace.forgetMemory()
        let redactor = redactor(team: change.teamID, connector: nil)
        var change = change
        change.stateID = redacted(change.stateID, "state_id", redactor)
        change.flowID = change.flowID.map { redacted($0, "flow_id", redactor) }
        change.flowName = change.flowName.map { redacted($0, "flow_name", redactor) }
        change.flowVersion = change.flowVersion.map { redacted($0, "flow_version", redactor) }
        change.currentStep = change.currentStep.map { redacted($0, "current_step", redactor) }
        change.user = change.user.map { redacted($0, "user", redactor) }
        change.joinURI = change.joinURI.map { redacted($0, "join_uri", redactor, context: .uri) }
        runBytes += MemoryLayout<StateChange>.size
        states.append(change)
    }

    private mutating func redacted(
        _ text: String, _ field: StaticString, _ redactor: TextRedactor, context: TextRedactor.Context = .text
    ) -> String {
        runBytes += text.utf8.count
        var text = text
        return text.withUTF8 {
            scratch.removeAll()
            redactor.redact(
                UnsafeRawBufferPointer($0), context: context, field: field, into: &scratch, &workspace)
            return takeScratch(field, redactor)
        }
    }

    private mutating func word(_ text: String, _ field: StaticString, _ redactor: TextRedactor) -> String {
        var text = text
        return text.withUTF8 {
            scratch.removeAll()
            redactor.redactWord(UnsafeRawBufferPointer($0), field: field, into: &scratch, &workspace)
            return takeScratch(field, redactor)
        }
    }

    /// What is left in the scratch; a word of ours when the second look finds something in it.
    private mutating func takeScratch(_ field: StaticString, _ redactor: TextRedactor) -> String {
        guard redactor.policy.hasLeft(in: scratch.bytes) else {
            return String(decoding: scratch.bytes, as: UTF8.self)
        }
        noteDropped(field, redactor)
        return "second-look"
    }

    private mutating func redacted(
        _ header: HeaderField, _ field: StaticString, _ redactor: TextRedactor
    ) -> HeaderField {
        runBytes += header.name.utf8.count + header.value.utf8.count + MemoryLayout<HeaderField>.size
        var (name, value) = (header.name, header.value)
        return name.withUTF8 { name in
            value.withUTF8 { value in
                let draft = EntryDraft.Header(
                    name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
                scratch.removeAll()
                redactor.redactHeaderName(draft.name, field: field, into: &scratch, &workspace)
                redactor.redactHeaderValue(draft, field: field, into: &scratch, &workspace)
                if redactor.policy.hasLeft(inHeaders: scratch.bytes) {
                    noteDropped(field, redactor)
                    return HeaderField(name: "second-look", value: "")
                }
                return HeaderList.decode(Array(scratch.bytes)[...])?.first ?? HeaderField(name: "", value: "")
            }
        }
    }

    /// States and faults that name no connector are looked through for the secrets of all.
    private mutating func redactor(team: Int64, connector: String?) -> TextRedactor {
        guard var connector else { return TextRedactor(policy: policies.policyOfRuns(team: team)) }
        return connector.withUTF8 {
            TextRedactor(policy: policies.policy(team: team, connector: UnsafeRawBufferPointer($0)))
        }
    }
}
