/// The wall: takes what senders gave, takes the secrets out, and builds the batch that goes to the store.
///
/// One builder serves one request; the memory of its columns is the only memory that an entry takes.
package struct RedactingBatchBuilder: ~Copyable {
    private let redactor: TextRedactor
    private let bodyLimit: Int
    private var columns = EntryColumnsBuilder()
    private var faults: [RootFault] = []
    private var states: [StateChange] = []
    private var tally = RedactionTally()
    /// One value of a fault or a state while it is redacted.
    private var scratch = ByteScratch()
    /// Bytes that `faults` and `states` hold.
    private var runBytes = 0

    /// - Parameter bodyLimit: bytes of a body that are kept; the rest is cut after redaction, and the entry says so.
    package init(redactor: TextRedactor, bodyLimit: Int = Limits.bodyBytes) {
        self.redactor = redactor
        self.bodyLimit = bodyLimit
    }

    package var count: Int { columns.count + faults.count + states.count }

    /// Bytes that the batch holds so far, for limits.
    package var byteCount: Int { columns.byteCount + runBytes + scratch.capacity }

    package consuming func finish() -> RedactedBatch {
        RedactedBatch(entries: columns.finish(), faults: faults, states: states)
    }

    // MARK: - Entries

    package mutating func append(_ entry: borrowing EntryDraft) {
        tally.removeAll()
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
        appendChecked(entry.connector, .connector, to: &row)
        appendChecked(entry.method, .method, to: &row)
        appendChecked(entry.traceID, .traceID, to: &row)
        appendChecked(entry.spanID, .spanID, to: &row)
        appendText(entry.event, .event, "event", to: &row)
        appendText(entry.uri, .uri, "uri", context: .uri, to: &row)
        appendText(entry.requestID, .requestID, "request_id", to: &row)
        appendText(entry.flowID, .flowID, "flow_id", to: &row)
        appendText(entry.flowName, .flowName, "flow_name", to: &row)
        appendText(entry.flowVersion, .flowVersion, "flow_version", to: &row)
        appendText(entry.stateID, .stateID, "state_id", to: &row)
        appendText(entry.errorName, .errorName, "error_name", to: &row)
        appendText(entry.errorMessage, .errorMessage, "error_message", to: &row)
        appendText(entry.attributes, .attributes, "attributes", to: &row)
        appendHeaders(entry.requestHeaders, .requestHeaders, "request_headers", to: &row)
        appendHeaders(entry.responseHeaders, .responseHeaders, "response_headers", to: &row)
        row.requestBodyAttributes = appendBody(entry.requestBody, .requestBody, "request_body", to: &row)
        row.responseBodyAttributes = appendBody(entry.responseBody, .responseBody, "response_body", to: &row)
        if !tally.isEmpty {
            tally.append(to: &columns[.receipt])
            columns.endText(.receipt, of: &row)
        }
        columns.append(row)
    }

    /// A text of a form in which no secret can be.
    private mutating func appendChecked(
        _ text: UnsafeRawBufferPointer?, _ column: EntryTextField, to row: inout EntryColumnsBuilder.Row
    ) {
        guard let text else { return }
        columns[column].append(text)
        columns.endText(column, of: &row)
    }

    private mutating func appendText(
        _ text: UnsafeRawBufferPointer?, _ column: EntryTextField, _ field: StaticString,
        context: TextRedactor.Context = .text, to row: inout EntryColumnsBuilder.Row
    ) {
        guard let text else { return }
        redactor.redact(text, context: context, field: field, into: &columns[column], tally: &tally)
        columns.endText(column, of: &row)
    }

    private mutating func appendHeaders(
        _ headers: [EntryDraft.Header], _ column: EntryTextField, _ field: StaticString,
        to row: inout EntryColumnsBuilder.Row
    ) {
        if headers.isEmpty { return }
        for header in headers {
            HeaderList.append(header.name, to: &columns[column])
            redactor.redactHeaderValue(header, field: field, into: &columns[column], tally: &tally)
        }
        columns.endText(column, of: &row)
    }

    /// Redacts first and cuts then, so that no cut hides the beginning of what would have been redacted.
    private mutating func appendBody(
        _ body: EntryDraft.Body?, _ column: EntryTextField, _ field: StaticString,
        to row: inout EntryColumnsBuilder.Row
    ) -> Int64 {
        guard let body else { return 0 }
        let start = columns[column].count
        redactor.redactBody(body.bytes, field: field, into: &columns[column], tally: &tally)
        let whole = UnsafeRawBufferPointer(rebasing: columns[column].bytes[start...])
        let kept = kept(of: whole, isBinary: body.isBinary).count
        let isCut = kept < whole.count
        columns[column].removeAll(keepingFirst: start + kept)
        columns.endText(column, of: &row)
        return BodyAttributes(
            originalSize: body.originalSize ?? body.bytes.count, isBinary: body.isBinary,
            isTruncated: body.isTruncated || isCut
        ).packed
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
        tally.removeAll()
        var fault = fault
        fault.name = redacted(fault.name, "name")
        fault.stateID = fault.stateID.map { redacted($0, "state_id") }
        fault.flowID = fault.flowID.map { redacted($0, "flow_id") }
        fault.flowName = fault.flowName.map { redacted($0, "flow_name") }
        fault.flowVersion = fault.flowVersion.map { redacted($0, "flow_version") }
        fault.entryRequestID = fault.entryRequestID.map { redacted($0, "entry_request_id") }
        fault.kind = fault.kind.map { redacted($0, "kind") }
        fault.uri = fault.uri.map { redacted($0, "uri", context: .uri) }
        fault.message = fault.message.map { redacted($0, "message") }
        fault.invokeType = fault.invokeType.map { redacted($0, "invoke_type") }
        fault.action = fault.action.map { redacted($0, "action") }
        fault.responseHeaders = fault.responseHeaders.map { redacted($0, "response_headers") }
        if var body = fault.responseBody {
            let original = body.bytes
            original.withUnsafeBytes {
                scratch.removeAll()
                redactor.redactBody($0, field: "response_body", into: &scratch, tally: &tally)
                let bytes = scratch.bytes
                let kept = kept(of: bytes, isBinary: body.isBinary)
                body.isTruncated = body.isTruncated || kept.count < bytes.count
                body.bytes = Array(kept)
            }
            fault.responseBody = body
        }
        fault.receipt = tally.redactions
        runBytes += MemoryLayout<RootFault>.size + (fault.responseBody?.bytes.count ?? 0)
        faults.append(fault)
    }

    package mutating func append(_ change: StateChange) {
        tally.removeAll()
        var change = change
        change.stateID = redacted(change.stateID, "state_id")
        change.flowID = change.flowID.map { redacted($0, "flow_id") }
        change.flowName = change.flowName.map { redacted($0, "flow_name") }
        change.flowVersion = change.flowVersion.map { redacted($0, "flow_version") }
        change.currentStep = change.currentStep.map { redacted($0, "current_step") }
        change.user = change.user.map { redacted($0, "user") }
        change.joinURI = change.joinURI.map { redacted($0, "join_uri", context: .uri) }
        runBytes += MemoryLayout<StateChange>.size
        states.append(change)
    }

    private mutating func redacted(
        _ text: String, _ field: StaticString, context: TextRedactor.Context = .text
    ) -> String {
        runBytes += text.utf8.count
        var text = text
        return text.withUTF8 {
            scratch.removeAll()
            redactor.redact(
                UnsafeRawBufferPointer($0), context: context, field: field, into: &scratch, tally: &tally)
            return String(decoding: scratch.bytes, as: UTF8.self)
        }
    }

    private mutating func redacted(_ header: HeaderField, _ field: StaticString) -> HeaderField {
        runBytes += header.name.utf8.count + header.value.utf8.count + MemoryLayout<HeaderField>.size
        var (name, value) = (header.name, header.value)
        return name.withUTF8 { name in
            value.withUTF8 { value in
                scratch.removeAll()
                let draft = EntryDraft.Header(
                    name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
                redactor.redactHeaderValue(draft, field: field, into: &scratch, tally: &tally)
                var rest = Array(scratch.bytes)[...]
                _ = Varint.take(from: &rest)
                return HeaderField(name: header.name, value: String(decoding: rest, as: UTF8.self))
            }
        }
    }
}
