/// Fields of which the form is checked, so that a placeholder with brackets would not fit.
extension TextRedactor {
    /// A word of letters, digits, `_` and `-`: when it is, or has, a known secret or a token, `secret-k3f9c2` takes its
    /// place.
    func redactWord(
        _ word: UnsafeRawBufferPointer, field: StaticString, into output: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        let start = output.count
        redact(word, context: .uri, field: field, into: &output, &workspace)
        guard output.count - start != word.count || !output.bytes[start...].elementsEqual(word) else { return }
        output.removeAll(keepingFirst: start)
        var placeholder = ByteScratch()
        workspace.placeholder(for: word, of: policy).append(to: &placeholder)
        for byte in placeholder.bytes where byte != UInt8(ascii: "[") && byte != UInt8(ascii: "]") {
            output.append(byte == UInt8(ascii: ":") ? UInt8(ascii: "-") : byte)
        }
    }

    /// Whether a text of hexadecimal digits has a known secret in it; notes it.
    func isKnownSecret(
        _ text: UnsafeRawBufferPointer, field: StaticString, _ workspace: inout RedactionWorkspace
    ) -> Bool {
        guard policy.mayFindKnown(in: workspace.marked(text, for: policy), isCut: false) else { return false }
        return withoutFindings(text, .uri, field, isCut: false, &workspace) != nil
    }

    /// Whether redaction leaves a header's name as it is.
    func isUnchanged(
        _ name: UnsafeRawBufferPointer, _ field: StaticString, _ workspace: inout RedactionWorkspace
    ) -> Bool {
        if workspace.marked(name, for: policy).isPlain, policy.patterns == nil { return true }
        var redacted = ByteScratch()
        // Nothing of it is for the receipt.
        var workspace = RedactionWorkspace()
        redact(name, context: .header, field: field, into: &redacted, &workspace)
        return workspace.tally.isEmpty
    }

    /// Writes a name's length and the name, in which is looked for all that a value may have.
    @inline(__always)
    func redactHeaderName(
        _ name: UnsafeRawBufferPointer, field: StaticString, into output: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        let marked = workspace.marked(name, for: policy)
        if marked.isPlain, policy.patterns == nil {
            Varint.append(UInt64(name.count), to: &output)
            marked.append(to: &output)
        } else {
            var redacted = ByteScratch()
            redact(name, context: .header, field: field, into: &redacted, &workspace)
            HeaderList.append(redacted.bytes, to: &output)
        }
    }
}
