import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogCore

/// What the first look leaves, the second one takes the whole field for. Here the first one is left out.
@Suite
struct SecondLookTests {
    private static let secret = "Tr0ub4dor&3-correct-horse"
    private static let short = "pa55-w0rd!"

    private final class Notes: Sendable {
        let fields = Mutex<[String]>([])
    }

    private func book(first: Bool = false, second: Bool = true) -> RedactionBook {
        let book = Fixtures.redactionBook()
        book.setSecrets(
            [Self.secret, Self.short].map { KnownSecret(value: Array($0.utf8)) }, team: 7, connector: nil)
        book.setSecrets([KnownSecret(value: Array("only-of-crm-0815".utf8))], team: 7, connector: "crm")
        book.take(Looks(first: first, second: second))
        return book
    }

    private func batch(_ book: RedactionBook, _ change: (inout SampleEntry) -> Void) -> RedactedBatch {
        var entry = SampleEntry(team: 7, at: .epoch)
        change(&entry)
        var builder = RedactingBatchBuilder(book: book)
        builder.append(entry)
        return builder.finish()
    }

    private static func receipt(of batch: RedactedBatch) -> [Redaction] {
        batch.entries[.receipt][0].flatMap(Receipt.decode) ?? []
    }

    @Test(arguments: [
        secret, "a \(secret) b", short, "x\(short)",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "key AKIAIOSFODNN7EXAMPLE.",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345", "xoxb-0123456789-0123456789-abc", "(sk_live_0123456789abcdef)",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB", "-----BEGIN PRIVATE KEY-----",
    ])
    func dropsTheFieldThatHasOneLeft(text: String) {
        let before = String(repeating: "words, and more words. ", count: 3)
        for padding in ["", "1", "22", "333", "4444", "55555", "666666", "7777777"] {
            let batch = batch(book()) {
                $0.errorMessage = before + padding + " " + text
                $0.event = "kept"
            }
            #expect(batch.entries[.errorMessage][0] == nil, "\(padding)")
            #expect(batch.entries[.event][0].map(Array.init) == Array("kept".utf8))
            #expect(
                Self.receipt(of: batch) == [Redaction(rule: .secondLook, field: "error_message", count: 1)])
            #expect(batch.entries[.errorMessage].bytes.isEmpty)
        }
    }

    @Test(arguments: [
        "", "short", "the quick brown fox", "eyJhbGciOiJIUzI1NiJ9", "AKIA", "xAKIAIOSFODNN7EXAMPLE", "box xoxo",
        "page_limit=10&x_live_=1", "-----BEGIN CERTIFICATE-----", "--",
        "-----BEGIN CERTIFICATE----- or a PRIVATE KEY-----", "[secret:k3f9c2]", "only-of-crm-0815",
        "Tr0ub4dor&3-correct-hors", "pa55-w0rd",
    ])
    func keepsWhatIsNone(text: String) {
        let batch = batch(book()) {
            $0.connector = "other"
            $0.errorMessage = text
        }
        #expect(batch.entries[.errorMessage][0].map(Array.init) == Array(text.utf8))
        #expect(Self.receipt(of: batch).isEmpty)
    }

    @Test func looksForTheConnectorsOwn() {
        let batch = batch(book()) {
            $0.connector = "crm"
            $0.errorMessage = "only-of-crm-0815"
        }
        #expect(batch.entries[.errorMessage][0] == nil)
    }

    @Test func looksAtEveryFieldOfAnEntry() {
        let book = book()
        let batch = batch(book) {
            $0.connector = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
            $0.method = Self.secret
            $0.event = Self.secret
            $0.uri = Self.secret
            $0.requestID = Self.secret
            $0.flowID = Self.secret
            $0.flowName = Self.secret
            $0.flowVersion = Self.secret
            $0.stateID = Self.secret
            $0.errorName = Self.secret
            $0.errorMessage = Self.secret
            $0.requestHeaders = [HeaderField(name: "X-A", value: Self.secret)]
            $0.responseHeaders = [HeaderField(name: Self.secret, value: "a")]
            $0.requestBody = .text(Self.secret)
            $0.responseBody = .text("{\"a\":\"\(Self.secret)\"}")
        }
        let told = Self.receipt(of: batch).filter { $0.rule == .secondLook }.map(\.field)
        #expect(
            Set(told) == [
                "connector_identifier", "method", "event", "uri", "request_id", "flow_id", "flow_name",
                "flow_version", "state_id", "error_name", "error_message", "request_headers", "response_headers",
                "request_body", "response_body",
            ])
        for field in EntryTextField.allCases {
            let bytes = String(decoding: batch.entries[field].bytes, as: UTF8.self)
            #expect(!bytes.contains(Self.secret), "\(field)")
        }
        #expect(batch.entries[.connector][0].map(Array.init) == Array("second-look".utf8))
        // The entry says that there was a body.
        #expect(BodyAttributes(packed: batch.entries.responseBodyAttributes[0]).isTruncated)
    }

    /// A header's value stands behind its length, which may look like a letter.
    @Test(arguments: [1, 20, 30, 40, 50, 80])
    func findsATokenThatBeginsAHeader(padding: Int) {
        let value = "AKIAIOSFODNN7EXAMPLE " + String(repeating: "x", count: padding)
        let batch = batch(book()) { $0.requestHeaders = [HeaderField(name: "X-A", value: value)] }
        #expect(batch.entries[.requestHeaders][0] == nil)
        let within = self.batch(book()) { $0.requestHeaders = [HeaderField(name: "X-A", value: "x" + value)] }
        #expect(within.entries[.requestHeaders][0] != nil)
    }

    /// Who registers such a value does not lose every field that was redacted.
    @Test(arguments: ["[secret:", "[redacted]", "[secret:abc123]", "secret:0"])
    func isNotMisledByPlaceholders(value: String) {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array(value.utf8))], team: 7, connector: nil)
        let batch = batch(book) { $0.errorMessage = "password=abc [redacted] [secret:abc123]" }
        #expect(batch.entries[.errorMessage][0] != nil)
    }

    @Test func looksAtFaultsAndStates() {
        var fault = RootFault(
            id: EntryID(high: 0, low: 1), teamID: 7, occurredAt: .epoch, name: "Broken \(Self.secret)")
        fault.message = Self.secret
        fault.responseHeaders = [HeaderField(name: "X", value: Self.secret)]
        let body = Array(Self.secret.utf8)
        fault.responseBody = Body(
            bytes: body, isBinary: false, originalSize: body.count, isTruncated: false)
        var state = StateChange(teamID: 7, stateID: "s", updatedAt: .epoch)
        state.user = Self.secret
        var builder = RedactingBatchBuilder(book: book())
        builder.append(fault)
        builder.append(state)
        let batch = builder.finish()
        #expect(!"\(batch.faults)".contains(Self.secret))
        #expect(batch.faults[0].responseBody?.bytes == [])
        #expect(
            Set(batch.faults[0].receipt.map(\.field)) == ["name", "message", "response_headers", "response_body"])
        #expect(batch.faults[0].receipt.allSatisfy { $0.rule == .secondLook })
        #expect(batch.states[0].user == "second-look")
    }

    @Test func tellsOfEachFieldThatItDropped() {
        let book = book()
        let notes = Notes()
        book.secondLook.onHit { field in notes.fields.withLock { $0.append("\(field)") } }
        _ = batch(book) {
            $0.errorMessage = Self.secret
            $0.flowName = Self.secret
        }
        #expect(notes.fields.withLock { $0 } == ["flow_name", "error_message"])
    }

    @Test func findsNothingBehindTheFirstLook() {
        let book = book(first: true)
        let batch = batch(book) { $0.errorMessage = "a \(Self.secret) AKIAIOSFODNN7EXAMPLE" }
        #expect(batch.entries[.errorMessage][0] != nil)
        #expect(Self.receipt(of: batch).allSatisfy { $0.rule != .secondLook })
    }

    @Test func isLeftOutOnlyByTests() {
        let batch = batch(book(second: false)) { $0.errorMessage = Self.secret }
        #expect(batch.entries[.errorMessage][0].map(Array.init) == Array(Self.secret.utf8))
    }
}
