/// Copies text and leaves out the secrets that it can tell by rule: values of JSON members, form fields and query
/// parameters whose names say credential, `Bearer` and `Basic` credentials, user information in URLs.
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

    package let names: CredentialNames

    package init(names: CredentialNames = CredentialNames()) {
        self.names = names
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

    /// Appends `text` without its secrets to `output`; notes each in `tally` under `field`.
    @inline(__always)
    package func redact(
        _ text: UnsafeRawBufferPointer, context: Context, field: StaticString, into output: inout ByteScratch,
        tally: inout RedactionTally
    ) {
        let first = SecretScan.nextTrigger(in: text, from: 0)
        if first >= text.count {
            output.append(text)
        } else {
            redact(text, from: first, context, field, &output, &tally)
        }
    }

    @inline(never)
    private func redact(
        _ text: UnsafeRawBufferPointer, from first: Int, _ context: Context, _ field: StaticString,
        _ output: inout ByteScratch, _ tally: inout RedactionTally
    ) {
        var position = first
        var scan = SecretScan(text: text, names: names, context: context)
        while position < text.count {
            guard let match = scan.match(at: position) else {
                position = SecretScan.nextTrigger(in: text, from: position + 1)
                continue
            }
            output.append(UnsafeRawBufferPointer(rebasing: text[scan.start..<match.secret.lowerBound]))
            let secret = UnsafeRawBufferPointer(rebasing: text[match.secret])
            if Self.isPlaceholder(secret) {
                output.append(secret)
            } else {
                match.quote?.append(to: &output)
                output.append(RedactionRule.placeholder)
                match.quote?.append(to: &output)
                tally.add(match.rule, field: field, name: UnsafeRawBufferPointer(rebasing: text[match.name]))
            }
            scan.start = match.secret.upperBound
            position = SecretScan.nextTrigger(in: text, from: scan.start)
        }
        output.append(UnsafeRawBufferPointer(rebasing: text[scan.start...]))
        tally.work += scan.work
    }

    /// As `redact`, of a body, which may be a form.
    func redactBody(
        _ body: UnsafeRawBufferPointer, field: StaticString, into output: inout ByteScratch, tally: inout RedactionTally
    ) {
        redact(body, context: Self.isForm(body) ? .uri : .text, field: field, into: &output, tally: &tally)
    }

    static func isPlaceholder(_ text: UnsafeRawBufferPointer) -> Bool {
        text.count == RedactionRule.placeholder.utf8CodeUnitCount
            && text.elementsEqual(UnsafeBufferPointer(start: RedactionRule.placeholder.utf8Start, count: text.count))
    }
}
