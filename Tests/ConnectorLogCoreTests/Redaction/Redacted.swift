import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// What became of a text, and what the redactor noted of it.
struct Redacted {
    var exact: String
    var redactions: [Redaction]
    /// Bytes looked at beside the one pass for triggers.
    var work: Int

    init(
        _ text: String, _ context: TextRedactor.Context = .text, isCut: Bool = false,
        book: RedactionBook = Fixtures.redactionBook(), connector: String? = nil
    ) {
        var text = text
        var output = ByteScratch()
        var workspace = RedactionWorkspace()
        let redactor = TextRedactor(policy: book.policy(team: 1, connector: connector))
        text.withUTF8 {
            redactor.redact(
                UnsafeRawBufferPointer($0), context: context, field: "field", isCut: isCut, into: &output, &workspace)
        }
        exact = String(decoding: output.bytes, as: UTF8.self)
        redactions = workspace.tally.redactions
        work = workspace.tally.work
    }

    /// With `[redacted]` for every placeholder.
    var text: String { exact.withPlainPlaceholders }
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
