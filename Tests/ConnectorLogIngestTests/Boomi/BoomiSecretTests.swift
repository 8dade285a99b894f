import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

@Suite("Boomi Flow: nothing secret waits, and nothing secret is stored")
struct BoomiSecretTests {
    /// All that the store holds, waiting or stored, as bytes.
    static func held(_ run: BoomiRun) async throws -> String {
        var bytes: [UInt8] = []
        let waiting = try await run.store.pendingCalls(arrivedBefore: .latest, limit: 1000, bytes: .max)
        for part in waiting.flatMap(\.self) { bytes += part.entry?.bytes ?? [] }
        for entry in try await run.entries() {
            bytes += Array("\(entry)".utf8) + (entry.requestBody?.bytes ?? []) + (entry.responseBody?.bytes ?? [])
        }
        for fault in try await run.faults() { bytes += Array("\(fault)".utf8) + (fault.responseBody?.bytes ?? []) }
        if let state = try await run.store.state(team: run.team, id: "state-1") { bytes += Array("\(state)".utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func partsAreRedactedBeforeTheyWait() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        let waiting = try await Self.held(run)
        #expect(waiting.contains("Authorization"))
        #expect(!waiting.contains("made-up"))
    }

    @Test func aRegisteredSecretOfTheConnectorDoesNotWait() async throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("registered-value".utf8))], team: 7, connector: "crm-service")
        let run = try await BoomiRun(book: book)
        // Also as what parts are known by.
        try await run.report(
            BoomiSample.event(
                "request", id: "registered-value", request: "registered-value",
                data: #"{"content":"x registered-value y"}"#))
        #expect(!(try await Self.held(run)).contains("registered-value"))
        let keys = try await run.store.pendingCalls(arrivedBefore: .latest, limit: 10, bytes: .max).flatMap(\.self)
        #expect(keys.allSatisfy { $0.call.count == PendingPart.Key.byteCount })
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(!(try await Self.held(run)).contains("registered-value"))
    }

    /// What was registered while a part waited.
    @Test func theEntryIsRedactedOnceMore() async throws {
        let book = Fixtures.redactionBook()
        let run = try await BoomiRun(book: book)
        try await run.report(BoomiSample.event("request", data: #"{"content":"x registered-value y"}"#))
        book.setSecrets([KnownSecret(value: Array("registered-value".utf8))], team: 7, connector: "crm-service")
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(!(try await Self.held(run)).contains("registered-value"))
    }

    @Test func theReceiptTellsWhatWasTakenOutBeforeTheyWaited() async throws {
        let run = try await BoomiRun()
        let uri = "https://crm.example.com/api/?api_key=made-up-9"
        let parts = [BoomiSample.asked, BoomiSample.answered].map { part in
            part.replacing("https://crm.example.com/api/", with: uri).replacing(#""endpoint":"data/load","#, with: "")
        }
        try await run.report(parts[0], parts[1].replacing("vendor-1", with: "vendor-1; token=made-up-2"))
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(!"\(entry)".contains("made-up"))
        let lines = entry.receipt.map { "\($0.field) \($0.count)" }.sorted()
        // The URI came in both parts and is stored once, and so is what was taken out of it.
        #expect(lines == ["request_headers.Authorization 1", "response_headers.token 1", "uri.api_key 1"])
    }

    /// Redaction of what is redacted changes nothing.
    @Test func joiningChangesNoPlaceholder() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked)
        let waiting = try await run.store.pendingCalls(arrivedBefore: .latest, limit: 1, bytes: .max)
        let before = try #require(waiting.first?.first?.entry?[.requestHeaders].flatMap(HeaderList.decode))
        try await run.report(BoomiSample.answered)
        try await run.join()
        #expect(try await run.entries().first?.requestHeaders == before)
    }

    // MARK: - What Boomi itself knows to be secret

    private static let passwords: [(value: String, isKept: Bool)] = [
        (#"{"contentType":"ContentPassword","developerName":"P","contentValue":"made-up-7"}"#, true),
        (#"{"contentValue":"made-up-7","contentType":"contentencrypted"}"#, true),
        (#"[{"a":[{"contentType":"Password","contentValue":{"x":"made-up-7"},"objectData":["made-up-7"]}]}]"#, true),
        (#"{"content\u0054ype":"Content\u0050assword","contentValue":"made-up-7"}"#, true),
        (#"{"inner":"{\"contentType\":\"ContentPassword\",\"contentValue\":\"made-up-7\"}"}"#, true),
        (#"{"contentType":"ContentPassword","contentValue":"made-up-7""#, false),
    ]

    @Test(arguments: passwords)
    func valuesOfPasswordsAreNotKept(_ value: String, _ isKept: Bool) async throws {
        let run = try await BoomiRun()
        let text = value.replacing(#"\"#, with: #"\\"#).replacing(#"""#, with: #"\""#)
        try await run.report(
            BoomiSample.event("request", id: "a", data: #"{"content":"\#(text)"}"#),
            BoomiSample.event("failure", id: "b", data: #"{"problem":{"responseBody":"\#(text)"}}"#))
        #expect(!(try await Self.held(run)).contains("made-up-7"))
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(!"\(entry)".contains("made-up-7"))
        #expect((entry.requestBody != nil) == isKept && (entry.responseBody != nil) == isKept)
        if !isKept { #expect(entry.attributesJSON?.contains("request_body, response_body") == true) }
    }

    @Test func passwordsInRootFaultsAreNotKept() async throws {
        let run = try await BoomiRun()
        let problem =
            #"{\"message\":\"m\",\"responseBody\":\"{\\\"contentType\\\":\\\"ContentPassword\\\",\\\"contentValue\\\":\\\"made-up-7\\\"}\"}"#
        try await run.report(BoomiSample.state(#""rootFaults":{"F":"\#(problem)"}"#))
        let fault = try #require(try await run.faults().first)
        #expect(fault.responseBody?.text == #"{"contentType":"ContentPassword","contentValue":""}"#)
    }

    /// A problem that is no JSON is the message.
    @Test func passwordsInMessagesAreNotKept() async throws {
        let run = try await BoomiRun()
        let text = #"{\"contentType\":\"ContentPassword\",\"contentValue\":\"made-up-7\""#
        try await run.report(
            BoomiSample.state(#""rootFaults":{"F":"\#(text)"}"#),
            BoomiSample.event("failure", data: #"{"problem":"\#(text)"}"#))
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(!(try await Self.held(run)).contains("made-up"))
        #expect(try await run.faults().map(\.message) == [nil])
    }

    @Test func whatIsNoPasswordStays() {
        var arena = TextArena()
        for text in [
            #"{"contentType":"ContentString","contentValue":"password"}"#, #"{"password_hint":"encrypted"}"#,
            "no JSON password",
            #"{"contentType":"ContentString","contentValue":"a\u0041"}"#, "",
        ] {
            let kept = Array(text.utf8).withUnsafeBytes { bytes in
                BoomiPasswords.removed(from: bytes, &arena).map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(kept == text)
        }
    }

    /// Of a state nothing is looked at but what a flow state has.
    @Test func whatElseStandsInAStateIsNotStored() async throws {
        let run = try await BoomiRun()
        try await run.report(
            BoomiSample.state(
                #""values":[{"developerName":"P","contentType":"ContentString","contentValue":"made-up-8"}],"log":{"entries":{"a":{"data":"made-up-8"}}},"annotations":{"a":"made-up-8"},"anything":"made-up-8""#
            ))
        let held = try await Self.held(run)
        #expect(held.contains("Orders"))
        #expect(!held.contains("made-up"))
    }
}
