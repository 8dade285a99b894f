package import ConnectorLogCore

/// Makes entries, and root faults, of recorded calls, and stores them together.
package struct CallBatch: ~Copyable {
    private let pipeline: IngestPipeline
    private var builder: RedactingBatchBuilder
    private var assembler = EntryAssembler()
    package private(set) var count = 0

    package init(_ pipeline: IngestPipeline) {
        self.pipeline = pipeline
        builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
    }

    /// Bytes held.
    package var byteCount: Int { builder.byteCount + assembler.byteCount }

    /// What is longer than its field is left out, and the entry says so.
    package mutating func append(_ call: RecordedCall) {
        fill(from: call)
        builder.append(assembler.draft)
        if let fault = fault(of: call) { builder.append(fault) }
        count += 1
    }

    /// Returns once all of it is on disk.
    package consuming func store() async throws(StoreError) {
        _ = try await pipeline.writer.append(builder.finish(), idempotency: nil)
    }

    // MARK: - Entry

    private mutating func fill(from call: RecordedCall) {
        assembler.begin()
        assembler.draft.teamID = call.teamID
        assembler.draft.logTime = call.startedAt.microseconds
        assembler.draft.connector = assembler.arena.copy(call.connector)
        assembler.draft.method = assembler.method(text(call.method))
        assembler.draft.uri = assembler.text(text(call.uri), "uri", limit: Limits.uri)
        assembler.setStatus(Int64(call.status ?? 0))
        assembler.setDuration(call.duration)
        assembler.draft.event = assembler.identifier(text(call.event), "event", limit: Limits.event)
        assembler.draft.requestID = assembler.identifier(text(call.requestID), "request_id")
        assembler.draft.flowID = assembler.identifier(text(call.flowID), "flow_id")
        assembler.draft.flowName = assembler.identifier(text(call.flowName), "flow_name", limit: Limits.name)
        assembler.draft.flowVersion = assembler.identifier(text(call.flowVersion), "flow_version")
        assembler.draft.stateID = assembler.identifier(text(call.stateID), "state_id")
        assembler.draft.traceID = assembler.hexadecimal(text(call.traceID), digits: 32)
        assembler.draft.spanID = assembler.hexadecimal(text(call.spanID), digits: 16)
        assembler.draft.errorName = assembler.identifier(text(call.errorName), "error_name", limit: Limits.name)
        assembler.draft.errorMessage = assembler.text(
            text(call.errorMessage), "error_message", limit: Limits.message)
        add(call.requestHeaders, to: .request)
        add(call.responseHeaders, to: .response)
        assembler.draft.requestBody = body(call.requestBody)
        assembler.draft.responseBody = body(call.responseBody)
        if let version = text(call.httpVersion) { assembler.addAttribute("http_version", .text(version)) }
        assembler.end()
    }

    private mutating func text(_ text: String?) -> EntryDraft.Text? {
        text.map { assembler.arena.copy($0) }
    }

    private mutating func add(_ headers: [HeaderField], to side: EntryAssembler.Side) {
        for header in headers {
            assembler.addHeader(assembler.arena.copy(header.name), assembler.arena.copy(header.value), to: side)
        }
    }

    private mutating func body(_ capture: RecordedCall.Capture?) -> EntryDraft.Body? {
        guard let capture, capture.size > 0 else { return nil }
        let bytes = capture.bytes.withUnsafeBytes { assembler.arena.copy($0) }
        var body = EntryDraft.Body(bytes: bytes)
        body.isBinary = !BodyContent.isText(capture.isCut ? bytes.droppingPartOfCharacter : bytes)
        if capture.isCut { (body.originalSize, body.isTruncated) = (capture.size, true) }
        return body
    }

    // MARK: - Fault

    /// With the fields of the entry, within their limits.
    private func fault(of call: RecordedCall) -> RootFault? {
        guard let problem = call.fault else { return nil }
        func string(_ text: EntryDraft.Text?) -> String? { text.map { String(decoding: $0, as: UTF8.self) } }
        var fault = RootFault(
            id: EntryID(high: 0, low: 0), teamID: call.teamID,
            occurredAt: call.startedAt.advanced(byMicroseconds: call.duration), name: problem.name)
        fault.stateID = string(assembler.draft.stateID)
        fault.flowID = string(assembler.draft.flowID)
        fault.flowName = string(assembler.draft.flowName)
        fault.flowVersion = string(assembler.draft.flowVersion)
        fault.connectorIdentifier = call.connector
        fault.entryRequestID = string(assembler.draft.requestID)
        fault.uri = string(assembler.draft.uri)
        fault.message = string(assembler.draft.errorMessage)
        fault.kind = "api"
        fault.statusCode = problem.statusCode
        fault.invokeType = string(assembler.draft.method)
        fault.action = string(assembler.draft.event)
        return fault
    }
}

extension UnsafeRawBufferPointer {
    /// Without the beginning of a character of UTF-8 whose end is missing.
    fileprivate var droppingPartOfCharacter: Self {
        // A character has at most four bytes, all but the first of which begin with the bits 10.
        guard let start = indices.suffix(3).last(where: { self[$0] & 0xC0 != 0x80 }), self[start] >= 0xC0 else {
            return self
        }
        let length = self[start] >= 0xF0 ? 4 : self[start] >= 0xE0 ? 3 : 2
        return start + length > count ? Self(rebasing: self[..<start]) : self
    }
}
