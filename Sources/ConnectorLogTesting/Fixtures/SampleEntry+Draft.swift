package import ConnectorLogCore

extension RedactingBatchBuilder {
    /// Takes a sample the way a decoder gives an entry: as a draft that points into bytes held only meanwhile.
    package mutating func append(_ sample: SampleEntry) {
        sample.withDraft { append($0) }
    }

    /// The same as the part of a call that waits.
    package mutating func hold(_ sample: SampleEntry, as key: PendingPart.Key, arrivedAt: Timestamp) {
        sample.withDraft { hold($0, as: key, arrivedAt: arrivedAt) }
    }
}

extension SampleEntry {
    fileprivate func withDraft(_ use: (borrowing EntryDraft) -> Void) {
        let sample = self
        var arena = TextArena()
        let connector = arena.hold(sample.connector)
        let texts = [
            sample.event, sample.method, sample.uri, sample.requestID, sample.flowID, sample.flowName,
            sample.flowVersion, sample.stateID, sample.traceID, sample.spanID, sample.errorName, sample.errorMessage,
            sample.attributesJSON,
        ].map { $0.map { arena.hold($0) } }
        let requestHeaders = sample.requestHeaders.map { (arena.hold($0.name), arena.hold($0.value)) }
        let responseHeaders = sample.responseHeaders.map { (arena.hold($0.name), arena.hold($0.value)) }
        let requestBody = sample.requestBody.map { arena.hold($0.bytes) }
        let responseBody = sample.responseBody.map { arena.hold($0.bytes) }
        arena.bytes.withUnsafeBytes { bytes in
            func text(_ range: Range<Int>) -> EntryDraft.Text { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            func headers(_ ranges: [(Range<Int>, Range<Int>)]) -> [EntryDraft.Header] {
                ranges.map { EntryDraft.Header(name: text($0.0), value: text($0.1)) }
            }
            func body(_ sample: SampleEntry.SampleBody?, _ range: Range<Int>?) -> EntryDraft.Body? {
                guard let sample, let range else { return nil }
                var body = EntryDraft.Body(bytes: text(range))
                body.isBinary = sample.isBinary
                body.originalSize = sample.originalSize
                body.isTruncated = sample.isTruncated
                return body
            }
            var draft = EntryDraft()
            draft.teamID = sample.teamID
            draft.logTime = sample.logTime.microseconds
            draft.connector = text(connector)
            draft.status = sample.status ?? 0
            draft.outcome = sample.outcome
            draft.duration = sample.durationMicroseconds ?? -1
            draft.event = texts[0].map(text)
            draft.method = texts[1].map(text)
            draft.uri = texts[2].map(text)
            draft.requestID = texts[3].map(text)
            draft.flowID = texts[4].map(text)
            draft.flowName = texts[5].map(text)
            draft.flowVersion = texts[6].map(text)
            draft.stateID = texts[7].map(text)
            draft.traceID = texts[8].map(text)
            draft.spanID = texts[9].map(text)
            draft.errorName = texts[10].map(text)
            draft.errorMessage = texts[11].map(text)
            draft.attributes = texts[12].map(text)
            draft.requestHeaders = headers(requestHeaders)
            draft.responseHeaders = headers(responseHeaders)
            draft.requestBody = body(sample.requestBody, requestBody)
            draft.responseBody = body(sample.responseBody, responseBody)
            use(draft)
        }
    }
}

/// Values end to end in one array, so that one pointer reaches all of them.
private struct TextArena {
    /// Never empty, so that its address is never nil.
    var bytes: [UInt8] = [0]

    mutating func hold(_ text: String) -> Range<Int> { hold(Array(text.utf8)) }

    mutating func hold(_ value: [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes += value
        return start..<bytes.count
    }
}
