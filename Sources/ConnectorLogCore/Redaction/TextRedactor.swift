/// Copies text and leaves out its secrets.
///
/// First what is to go wherever it stands: known secrets in all encodings, payment cards, what the team's own rules find.
/// Then what names and forms give away: values of JSON members, form fields, query parameters, cookies and XML elements
/// whose names say credential, `Bearer` and `Basic` credentials, user information in URLs, tokens of vendors, private keys.
///
/// It reads bytes, not documents: broken and cut JSON, JSON inside JSON strings (quotes with backslashes before them, at
/// any depth), Python and JavaScript literals and free text are all handled by the same pass. Each byte is looked at a
/// bounded number of times: names are at most `SecretScan.nameBytes` long and are looked for backwards from `:` and `=`.
package struct TextRedactor: Sendable {
    /// Where the text stands, which settles how far a `name=value` pair reaches.
    package enum Context: Sendable {
        /// A URI or a form: a value ends at `&`, `#`, `;` or white space.
        case uri
        /// A header's value: quotes and angle brackets end a value, too.
        case header
        /// A body or a message: so do apostrophes, commas and backslashes.
        case text
    }

    package let policy: RedactionPolicy

    package init(policy: RedactionPolicy) {
        self.policy = policy
    }

    /// Whether a body is `application/x-www-form-urlencoded`: it begins with a name and has no byte that the form's
    /// encoding leaves out, so that only `&` ends a value.
    private static func isForm(_ body: UnsafeRawBufferPointer) -> Bool {
        guard let first = body.first, first.isIdentifierByte else { return false }
        return body.allSatisfy { byte in
            switch byte {
            case 0...0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
                UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"):
                false
            default: true
            }
        }
    }

    /// Appends `text` without its secrets to `output`; notes each in the workspace's tally under `field`.
    /// - Parameter isCut: more followed once, which the sender or somebody before it cut off.
    @inline(__always)
    package func redact(
        _ text: UnsafeRawBufferPointer, context: Context, field: StaticString, isCut: Bool = false,
        into output: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        guard policy.looks.first else { return output.append(text) }
        let marked = workspace.marked(text, for: policy)
        if marked.isPlain, !isCut, policy.patterns == nil {
            marked.append(to: &output)
        } else {
            redactClosely(marked, context, field, isCut: isCut, &output, &workspace)
        }
    }

    /// As `redact`, of a text that has marks, or is looked at whatever it has.
    @inline(never)
    private func redactClosely(
        _ text: MarkedText, _ context: Context, _ field: StaticString, isCut: Bool, _ output: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        var text = text
        if mayHaveFindings(text, isCut: isCut),
            let rest = withoutFindings(text.bytes, context, field, isCut: isCut, &workspace)
        {
            text = workspace.marked(rest, for: policy)
            // What stood right beside a finding stands free now.
            if text.hasNumbers, PaymentCard.isIn(rest),
                let rest = withoutFindings(rest, context, field, isCut: isCut, &workspace)
            {
                text = workspace.marked(rest, for: policy)
            }
        }
        let first = text.nextTrigger(from: 0)
        if first >= text.count {
            text.append(to: &output)
        } else {
            redactByForm(text, from: first, context, field, isCut: isCut, &output, &workspace)
        }
    }

    @inline(__always)
    func mayHaveFindings(_ text: MarkedText, isCut: Bool) -> Bool {
        policy.mayFindKnown(in: text, isCut: isCut) || policy.patterns != nil
            || text.hasNumbers && PaymentCard.isIn(text.bytes)
    }

    /// Nil when nothing was found.
    @inline(never)
    func withoutFindings(
        _ text: UnsafeRawBufferPointer, _ context: Context, _ field: StaticString, isCut: Bool,
        _ workspace: inout RedactionWorkspace
    ) -> UnsafeRawBufferPointer? {
        for known in policy.known {
            known.find(in: text, isCut: isCut, using: &workspace.known, into: &workspace.knownFound)
        }
        for found in workspace.knownFound {
            workspace.findings.append(
                Finding(rule: .knownSecret, range: found.range, placeholder: found.placeholder))
        }
        workspace.knownFound.removeAll(keepingCapacity: true)
        policy.patterns?.find(in: text, using: &workspace.patterns, into: &workspace.findings)
        PaymentCard.forEach(in: text) { workspace.findings.append(Finding(rule: .paymentCard, range: $0)) }
        return workspace.replaceFindings(in: text, context: context, field: field, policy: policy)
    }

    private func redactByForm(
        _ marked: MarkedText, from first: Int, _ context: Context, _ field: StaticString, isCut: Bool,
        _ output: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        let text = marked.bytes
        var position = first
        let check = TriggerCheck(text: text, names: policy.names, context: context)
        var scan = SecretScan(text: text, names: policy.names, context: context, isCut: isCut)
        var copied = 0
        while position < text.count {
            guard check.mayMatch(at: position, from: copied), let match = scan.match(at: position) else {
                position = marked.nextTrigger(from: position + 1)
                continue
            }
            if let end = endOfReference(match, in: text) {
                output.append(UnsafeRawBufferPointer(rebasing: text[copied..<end]))
                (copied, scan.start) = (end, end)
                position = marked.nextTrigger(from: end)
                continue
            }
            output.append(UnsafeRawBufferPointer(rebasing: text[copied..<match.secret.lowerBound]))
            let secret = UnsafeRawBufferPointer(rebasing: text[match.secret])
            if keeps(secret) {
                output.append(secret)
            } else {
                match.quote?.append(to: &output)
                workspace.placeholder(for: secret, of: policy).append(to: &output)
                match.quote?.append(to: &output)
                workspace.tally.add(match.rule, field: field, name: UnsafeRawBufferPointer(rebasing: text[match.name]))
            }
            copied = match.secret.upperBound
            scan.start = copied
            position = marked.nextTrigger(from: copied)
        }
        output.append(UnsafeRawBufferPointer(rebasing: text[copied...]))
        workspace.tally.work += scan.work
    }

    /// As `redact`, of a body, which may be a form.
    func redactBody(
        _ body: UnsafeRawBufferPointer, field: StaticString, isCut: Bool = false, into output: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        let context: Context = Self.isForm(body) ? .uri : .text
        redact(body, context: context, field: field, isCut: isCut, into: &output, &workspace)
    }

    /// Schemes that stand before what they announce (RFC 9110, section 11.4), of which none is a secret.
    private static let schemes: [StaticString] = ["bearer ", "basic ", "token ", "apikey ", "bot "]

    /// A placeholder of ours, or a template's (`{{API_KEY}}`, `${API_KEY}`, `Bearer {{API_KEY}}`): names of secrets, not
    /// their values.
    func keeps(_ value: UnsafeRawBufferPointer) -> Bool {
        if Placeholder.isPlaceholder(value) { return true }
        guard value.last == UInt8(ascii: "}") else { return false }
        for scheme in Self.schemes where value.count > scheme.utf8CodeUnitCount {
            let count = scheme.utf8CodeUnitCount
            if (0..<count).allSatisfy({ value[$0].asciiLowercased == scheme.utf8Start[$0] }) {
                return isTemplate(UnsafeRawBufferPointer(rebasing: value[count...]))
            }
        }
        return isTemplate(value)
    }

    /// Where `{{secret:NAME}}` ends, when the match stands in it: the invoker's templates name secrets so.
    private func endOfReference(_ match: SecretScan.Match, in text: UnsafeRawBufferPointer) -> Int? {
        let begin = match.name.lowerBound - 2
        guard begin >= 0, match.name.count == Self.reference.utf8CodeUnitCount - 3, match.quote == nil,
            (0..<Self.reference.utf8CodeUnitCount).allSatisfy({
                begin + $0 < text.count && text[begin + $0] == Self.reference.utf8Start[$0]
            })
        else { return nil }
        let name = begin + Self.reference.utf8CodeUnitCount
        let limit = min(text.count - 1, name + 64)
        guard name < limit, let brace = (name..<limit).first(where: { text[$0] == UInt8(ascii: "}") }) else {
            return nil
        }
        return isTemplate(UnsafeRawBufferPointer(rebasing: text[begin..<brace + 2])) ? brace + 2 : nil
    }

    private static let reference: StaticString = "{{secret:"

    private func isTemplate(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count > 3, value[value.count - 1] == UInt8(ascii: "}") else { return false }
        let isDouble =
            value[0] == UInt8(ascii: "{") && value[1] == UInt8(ascii: "{")
            && value[value.count - 2] == UInt8(ascii: "}")
        let isShell = value[0] == UInt8(ascii: "$") && value[1] == UInt8(ascii: "{")
        guard isDouble || isShell else { return false }
        let name = value[2..<value.count - (isDouble ? 2 : 1)]
        return name.count <= 64 && name.allSatisfy { $0.isIdentifierByte || $0 == 0x2E || $0 == 0x3A || $0 == 0x20 }
            && !TokenShape.isIn(value)
    }
}
