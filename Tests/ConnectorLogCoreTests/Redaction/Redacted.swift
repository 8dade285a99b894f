import ConnectorLogCore
import Testing

/// What became of a text, and what the redactor noted of it.
struct Redacted {
    var text: String
    var redactions: [Redaction]
    /// Bytes looked at beside the one pass for triggers.
    var work: Int

    init(_ text: String, _ context: TextRedactor.Context = .text) {
        var text = text
        var output = ByteScratch()
        var tally = RedactionTally()
        text.withUTF8 {
            TextRedactor().redact(
                UnsafeRawBufferPointer($0), context: context, field: "field", into: &output, tally: &tally)
        }
        self.text = String(decoding: output.bytes, as: UTF8.self)
        redactions = tally.redactions
        work = tally.work
    }
}

/// A text and what is to become of it.
struct Case: CustomTestStringConvertible, Sendable {
    var input: String
    var expected: String
    var context: TextRedactor.Context

    init(_ input: String, _ expected: String, _ context: TextRedactor.Context = .text) {
        (self.input, self.expected, self.context) = (input, expected, context)
    }

    var testDescription: String { input }
}
