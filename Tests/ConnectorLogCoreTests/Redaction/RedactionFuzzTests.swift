import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// The redactor on texts that nobody meant: it keeps what `RedactionProperties` promises. `make fuzz` has more of them, and
/// `make fuzz-redaction` looks for them by what code they reach.
@Suite struct RedactionFuzzTests {
    @Test func whatIsLeftIsBoundedWellFormedAndFinal() throws {
        let properties = try RedactionProperties()
        let texts = RedactionTexts(seed: 21)
        for var round in FuzzRounds("redaction", count: 20_000) {
            let text = texts.next(&round.random)
            let manner = RedactionProperties.Manner(bits: UInt8.random(in: 0...15, using: &round.random))
            if let fault = properties.fault(in: text, manner) {
                Issue.record(
                    "round \(round.number), \(manner): \(fault)\n  of \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    /// What libFuzzer found: by the first byte how, and what.
    @Test(arguments: [
        // The fault that ended the JSON was in a value that went, so that the path reached further the second time.
        (42, ##"{"":{"cookie":{{""""}""""},      "iban": "u"##),
        // What makes the name one of a form's part stood before what went.
        (89, "form-data-----BEGINPRIVATE-----\"name=\"token\"\r\n\r\nx"),
    ])
    func textsThatWereFoundStayRight(_ bits: UInt8, _ text: String) throws {
        #expect(try RedactionProperties().fault(in: Array(text.utf8), .init(bits: bits)) == nil)
    }
}
