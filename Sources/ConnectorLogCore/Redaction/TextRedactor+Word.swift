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

    /// Writes a name's length and the name: only known secrets are looked for in it.
    @inline(__always)
    func redactHeaderName(
        _ name: UnsafeRawBufferPointer, field: StaticString, into output: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        let marked = workspace.marked(name, for: policy)
        if !marked.isPlain, policy.mayFindKnown(in: marked, isCut: false),
            let rest = withoutFindings(name, .header, field, isCut: false, &workspace)
        {
            HeaderList.append(rest, to: &output)
        } else {
            Varint.append(UInt64(name.count), to: &output)
            marked.append(to: &output)
        }
    }
}
