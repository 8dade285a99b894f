import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

/// What becomes of a call that somebody saw from both sides.
@Suite struct CallBatchTests {
    private static func call(_ change: (inout RecordedCall) -> Void = { _ in }) -> RecordedCall {
        var call = RecordedCall(
            teamID: 7, connector: "crm", startedAt: IngestRun.now, method: "POST",
            uri: "https://api.example.com/v1/a?b=c")
        (call.duration, call.status, call.event, call.requestID) = (81_500, 422, "data.save", "r-1")
        (call.flowID, call.flowName, call.flowVersion, call.stateID) = ("f", "Orders", "3", "s")
        call.traceID = "0af7651916cd43dd8448eb211c80319c"
        call.spanID = "b7ad6b7169203331"
        call.httpVersion = "1.1"
        change(&call)
        return call
    }

    private static func stored(_ call: RecordedCall, limits: IngestLimits = IngestLimits()) async throws
        -> RedactedBatch
    {
        let writer = MemoryWriter()
        var batch = CallBatch(IngestRun.pipeline(writer, limits: limits))
        batch.append(call)
        try await batch.store()
        return try #require(writer.batches.first)
    }

    @Test func isAnEntryWithAllItsFields() async throws {
        let batch = try await Self.stored(Self.call())
        #expect(batch.entries.count == 1 && batch.faults.isEmpty)
        let texts: [(EntryTextField, String)] = [
            (.connector, "crm"), (.method, "POST"), (.uri, "https://api.example.com/v1/a?b=c"), (.event, "data.save"),
            (.requestID, "r-1"), (.flowID, "f"), (.flowName, "Orders"), (.flowVersion, "3"), (.stateID, "s"),
            (.traceID, "0af7651916cd43dd8448eb211c80319c"), (.spanID, "b7ad6b7169203331"),
            (.attributes, #"{"http_version":"1.1"}"#),
        ]
        for (field, text) in texts { #expect(batch.text(field) == text) }
        #expect(batch.entries.durations[0] == 81_500)
    }

    @Test func aFaultIsARootFaultWithinTheLimitsOfItsEntry() async throws {
        let batch = try await Self.stored(
            Self.call {
                $0.status = nil
                ($0.errorName, $0.errorMessage) = ("ConnectionRefused", "the vendor refused the connection")
                $0.stateID = String(repeating: "s", count: Limits.identifier + 1)
                $0.fault = .init(name: "Bad Gateway", statusCode: 502)
            })
        let fault = try #require(batch.faults.first)
        #expect(fault.name == "Bad Gateway" && fault.statusCode == 502 && fault.connectorIdentifier == "crm")
        #expect(fault.message == "the vendor refused the connection" && fault.entryRequestID == "r-1")
        #expect(fault.flowID == "f" && fault.stateID == nil && batch.text(.stateID) == nil)
        #expect(fault.occurredAt == IngestRun.now.advanced(byMicroseconds: 81_500))
        #expect(batch.text(.attributes)?.contains("state_id") == true)
    }

    @Test(arguments: [
        // Whole; cut; cut within a character; no text; broken off.
        ("abc", 3, true, false, false), ("abc", 9, true, true, false), ("ab\u{FC}", 9, true, true, false),
        ("a\u{0}b", 3, true, false, true), ("abc", 3, false, true, false),
    ])
    func bodiesSayWhetherTheyAreCutAndWhetherTheyAreText(
        _ text: String, _ size: Int, _ isWhole: Bool, _ isCut: Bool, _ isBinary: Bool
    ) async throws {
        var bytes = Array(text.utf8)
        if text.hasSuffix("\u{FC}") { bytes.removeLast() }
        let capture = RecordedCall.Capture(bytes: bytes, size: size, isWhole: isWhole)
        let batch = try await Self.stored(Self.call { $0.responseBody = capture })
        let attributes = BodyAttributes(packed: batch.entries.responseBodyAttributes[0])
        #expect(attributes.isTruncated == isCut && attributes.isBinary == isBinary)
    }

    /// The beginning of a secret at the end of what was kept.
    @Test func nothingOfASecretStaysWhereABodyBrokeOff() async throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("made-up-vendor-secret-42".utf8))], team: 7, connector: "crm")
        let writer = MemoryWriter()
        var batch = CallBatch(IngestRun.pipeline(writer, book: book))
        let kept = Array("token made-up-vendor-sec".utf8)
        batch.append(Self.call { $0.responseBody = .init(bytes: kept, size: kept.count, isWhole: false) })
        try await batch.store()
        #expect(writer.batches.first?.text(.responseBody)?.contains("made-up") == false)
    }
}
