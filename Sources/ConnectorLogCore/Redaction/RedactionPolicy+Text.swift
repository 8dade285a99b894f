/// Single texts beside entries: what a team says of its connectors, its keys and itself.
extension RedactionPolicy {
    /// The text without its secrets.
    /// - Parameter dropped: what takes its place when the second look finds something in it.
    package func redacted(
        _ text: String, context: TextRedactor.Context = .text, dropped: String = "second-look"
    ) -> String {
        var text = text
        var output = ByteScratch()
        var workspace = RedactionWorkspace()
        text.withUTF8 {
            TextRedactor(policy: self).redact(
                UnsafeRawBufferPointer($0), context: context, field: "text", into: &output, &workspace)
        }
        if hasLeft(in: output.bytes) {
            secondLook.tell("text")
            return dropped
        }
        return workspace.tally.isEmpty ? text : String(decoding: output.bytes, as: UTF8.self)
    }

    /// Whether bytes that nobody could redact, such as an image's, hold a known secret.
    package func hasKnownSecret(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard looks.first else { return false }
        var scratch = KnownSecrets.Scratch()
        var found: [KnownSecrets.Found] = []
        bytes.withUnsafeBytes {
            for known in known { known.find(in: $0, isCut: false, using: &scratch, into: &found) }
        }
        return !found.isEmpty
    }
}
