import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// The wall as a whole: what stands in a batch after an entry, a fault or a state went in.
@Suite
struct RedactingBatchBuilderTests {
    // MARK: - Headers

    @Test(arguments: [
        ("Authorization", "Bearer abc", "Bearer [redacted]"),
        ("authorization", "bearer abc", "bearer [redacted]"),
        ("Authorization", "abc", "[redacted]"),
        ("Authorization", "hunter2 more", "[redacted]"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/x, Signature=0f", "AWS4-HMAC-SHA256 [redacted]"),
        ("Proxy-Authorization", "Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("X-Auth-Token", "first second", "[redacted]"),
        ("X-Access-Token", "tok en", "[redacted]"),
        ("X-Api-Key", "abc", "[redacted]"), ("Api-Key", "abc", "[redacted]"),
        ("x-amz-security-token", "abc", "[redacted]"),
        ("X-Vault-Token", "abc", "[redacted]"), ("X-Shopify-Access-Token", "abc", "[redacted]"),
        ("Cookie", "a=b; c=d", "a=[redacted]; c=[redacted]"),
        ("Set-Cookie", "sid=abc; HttpOnly", "sid=[redacted]; HttpOnly"),
        ("X-Hub-Signature-256", "sha256=0f", "[redacted]"), ("Stripe-Signature", "t=1,v1=0f", "[redacted]"),
        ("Authorization", "", ""), ("Authorization", "Bearer [redacted]", "Bearer [redacted]"),
        ("Accept", "*/*", "*/*"), ("User-Agent", "agent/1.0", "agent/1.0"),
        ("Location", "https://h.example/?token=abc&x=1", "https://h.example/?token=[redacted]&x=1"),
        ("X-Forwarded", "Bearer abc123def456", "Bearer [redacted]"),
        ("WWW-Authenticate", #"Bearer realm="x1234567""#, #"Bearer realm="x1234567""#),
    ])
    func redactsHeaders(name: String, value: String, expected: String) throws {
        let batch = batch { $0.requestHeaders = [header(name, value)] }
        let stored = try #require(batch.entries[.requestHeaders][0])
        let fields = try #require(HeaderList.decode(stored))
        #expect(fields.map(\.name) == [name])
        #expect(fields.map(\.value.withPlainPlaceholders) == [expected])
        let isRedacted = value != expected
        #expect(batch.entries[.receipt].isNull(0) == !isRedacted)
    }

    @Test(arguments: [0, 1, 126, 127, 128, 129, 5000, 20_000])
    func keepsHeadersOfAnyLengthInOrder(length: Int) throws {
        let long = String(repeating: "v", count: length)
        let headers = [header("A", long), header("A", "second"), header("B", "x:" + long), header("A", "")]
        let batch = batch { $0.responseHeaders = headers }
        let stored = try #require(batch.entries[.responseHeaders][0])
        let fields = try #require(HeaderList.decode(stored))
        #expect(fields.map(\.name) == ["A", "A", "B", "A"])
        #expect(fields.map(\.value) == [long, "second", "x:" + long, ""])
    }

    // MARK: - Fields

    @Test func redactsEveryTextOfAnEntry() throws {
        let secret = text("x Bearer abc123def456 y")
        let expected = "x Bearer [redacted] y"
        let batch = batch { draft in
            draft.event = secret
            draft.uri = secret
            draft.requestID = secret
            draft.flowID = secret
            draft.flowName = secret
            draft.flowVersion = secret
            draft.stateID = secret
            draft.errorName = secret
            draft.errorMessage = secret
            draft.requestBody = EntryDraft.Body(bytes: secret)
            draft.responseBody = EntryDraft.Body(bytes: secret)
            draft.attributes = text(#"{"a":"x Bearer abc123def456 y"}"#)
            draft.requestHeaders = [header("X", "x Bearer abc123def456 y")]
            draft.responseHeaders = [header("X", "x Bearer abc123def456 y")]
        }
        let fields: [EntryTextField] = [
            .event, .uri, .requestID, .flowID, .flowName, .flowVersion, .stateID, .errorName, .errorMessage,
            .requestBody,
            .responseBody,
        ]
        for field in fields { #expect(batch.entries[field].string(0)?.withPlainPlaceholders == expected, "\(field)") }
        #expect(batch.entries[.attributes].string(0)?.withPlainPlaceholders == #"{"a":"x Bearer [redacted] y"}"#)
        for field in EntryTextField.allCases {
            #expect(batch.entries[field].string(0)?.contains("abc123") != true, "\(field)")
        }
        let stored = try #require(batch.entries[.receipt][0])
        let receipt = try #require(Receipt.decode(stored))
        #expect(receipt.count == 14)
        #expect(receipt.allSatisfy { $0.rule == .bearer && $0.count == 1 })
    }

    @Test(arguments: ["password=it's,a;b&x=1", "x=1&client_secret=a'b,c"])
    func readsFormsToTheirAmpersands(_ form: String) {
        let batch = batch { $0.requestBody = EntryDraft.Body(bytes: text(form)) }
        let kept = batch.entries[.requestBody].string(0) ?? ""
        #expect(!kept.contains("it's") && !kept.contains("a'b") && !kept.contains(",c"))
        #expect(kept.contains("x=1"))
    }

    @Test func cutsBodiesAfterRedactionAndSaysSo() throws {
        // The secret stands across the limit: cut first, it would be half there.
        let body = String(repeating: "x", count: 90) + " token=" + String(repeating: "s", count: 200) + " end"
        let batch = batch(bodyLimit: 100) { $0.requestBody = EntryDraft.Body(bytes: text(body)) }
        let kept = try #require(batch.entries[.requestBody].string(0))
        #expect(kept == String(repeating: "x", count: 90) + " token=[se")
        let attributes = BodyAttributes(packed: batch.entries.requestBodyAttributes[0])
        #expect(attributes.isTruncated)
        #expect(attributes.originalSize == body.utf8.count)
    }

    @Test(arguments: 1...6)
    func cutsNoCharacterInTwo(limit: Int) throws {
        let batch = batch(bodyLimit: limit) { $0.responseBody = EntryDraft.Body(bytes: text("ab🙂cd")) }
        let kept = try #require(batch.entries[.responseBody][0])
        let expected = ["a", "ab", "ab", "ab", "ab", "ab🙂"][limit - 1]
        #expect(Array(kept) == Array(expected.utf8))
    }

    @Test func saysNothingOfAWholeBody() {
        let batch = batch(bodyLimit: 5) { $0.requestBody = EntryDraft.Body(bytes: text("12345")) }
        #expect(
            BodyAttributes(packed: batch.entries.requestBodyAttributes[0])
                == BodyAttributes(originalSize: 5, isBinary: false, isTruncated: false))
    }

    @Test func keepsRowsApart() {
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        for i in 0..<100 {
            let value = i % 3 == 0 ? nil : text(i % 3 == 1 ? "plain \(i)" : "token=\(i)")
            var draft = EntryDraft()
            draft.event = value
            builder.append(draft)
        }
        let batch = builder.finish()
        #expect(batch.count == 100)
        for i in 0..<100 {
            #expect(
                batch.entries[.event].string(i)?.withPlainPlaceholders
                    == [nil, "plain \(i)", "token=[redacted]"][i % 3])
            #expect(batch.entries[.receipt].isNull(i) == (i % 3 != 2))
        }
    }

    @Test(arguments: [
        (200, false, Outcome.ok), (399, false, .ok), (400, false, .failed), (0, false, .failed), (200, true, .failed),
    ])
    func derivesTheOutcome(status: Int, hasError: Bool, expected: Outcome) {
        let batch = batch {
            $0.status = status
            if hasError { $0.errorName = text("E") }
        }
        #expect(batch.entries.outcomes == [expected.rawValue])
    }

    // MARK: - Faults and states

    @Test func redactsEveryTextOfAFault() throws {
        let secret = "x Bearer abc123def456 y"
        var fault = RootFault(id: EntryID(high: 0, low: 0), teamID: 1, occurredAt: .epoch, name: secret)
        fault.stateID = secret
        fault.flowID = secret
        fault.flowName = secret
        fault.flowVersion = secret
        fault.entryRequestID = secret
        fault.kind = secret
        fault.uri = "https://ann:hunter2@h.example/"
        fault.message = secret
        fault.invokeType = secret
        fault.action = secret
        fault.responseHeaders = [HeaderField(name: "Set-Cookie", value: "abc123"), HeaderField(name: "A", value: "b")]
        fault.responseBody = Body(
            bytes: Array(#"{"password":"abc123"}"#.utf8), isBinary: false, originalSize: 21, isTruncated: false)
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        builder.append(fault)
        let stored = try #require(builder.finish().faults.first)
        #expect(!"\(stored)".contains("abc123") && !"\(stored)".contains("hunter2"))
        #expect(stored.message?.withPlainPlaceholders == "x Bearer [redacted] y")
        #expect(stored.uri?.withPlainPlaceholders == "https://[redacted]@h.example/")
        #expect(
            stored.responseHeaders.map { "\($0.name): \($0.value.withPlainPlaceholders)" } == [
                "Set-Cookie: [redacted]", "A: b",
            ])
        #expect(stored.responseBody?.text.withPlainPlaceholders == #"{"password":"[redacted]"}"#)
        #expect(stored.receipt.count == 13)
    }

    @Test func redactsEveryTextOfAState() throws {
        let secret = "x Bearer abc123def456 y"
        var change = StateChange(teamID: 1, stateID: secret, updatedAt: .epoch)
        change.flowID = secret
        change.flowName = secret
        change.flowVersion = secret
        change.currentStep = secret
        change.user = secret
        change.joinURI = "https://h.example/join?token=abc123"
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        builder.append(change)
        let stored = try #require(builder.finish().states.first)
        #expect(!"\(stored)".contains("abc123"))
        #expect(stored.joinURI?.withPlainPlaceholders == "https://h.example/join?token=[redacted]")
    }

    @Test func countsWhatItHolds() {
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        let empty = builder.byteCount
        var fault = RootFault(id: EntryID(high: 0, low: 0), teamID: 1, occurredAt: .epoch, name: "n")
        fault.message = String(repeating: "m", count: 10_000)
        builder.append(fault)
        #expect(builder.byteCount >= empty + 10_000)
        #expect(builder.count == 1)
    }

    /// What is kept to redact with is memory of the request's, too.
    @Test func countsWhatRedactionHolds() {
        func held(_ text: String) -> Int {
            let book = Fixtures.redactionBook()
            book.setSecrets([KnownSecret(value: Array("tok3n-value".utf8))], team: 1, connector: nil)
            var builder = RedactingBatchBuilder(book: book)
            var entry = SampleEntry(team: 1, at: .epoch)
            entry.errorMessage = text
            builder.append(entry)
            return builder.byteCount
        }
        let filler = String(repeating: "words ", count: 10_000)
        #expect(held(filler + #"tok3n\u002dvalue"#) >= held(filler + "tok3n value  abc") + 2 * filler.utf8.count)
    }

    // MARK: - Drafts

    private func batch(bodyLimit: Int = Limits.bodyBytes, _ fill: (inout EntryDraft) -> Void) -> RedactedBatch {
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook(), bodyLimit: bodyLimit)
        var draft = EntryDraft()
        draft.teamID = 1
        fill(&draft)
        builder.append(draft)
        return builder.finish()
    }

    private func header(_ name: String, _ value: String) -> EntryDraft.Header {
        EntryDraft.Header(name: text(name), value: text(value))
    }

    /// Kept for the life of the process, as drafts only point to their texts.
    private func text(_ text: String) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        return UnsafeRawBufferPointer(copy)
    }
}
