package import ConnectorLogCore
import Foundation

/// What holds of every text that is redacted, whatever it is: tried on bytes that a generator or a fuzzer makes.
///
/// - A text that was UTF-8 stays UTF-8.
/// - What is left has at most nine times the bytes of the text, and 64: nothing that goes is shorter than two bytes with
///   what parts it from the next, and a placeholder in quotes has 17.
/// - A text that was JSON stays JSON, unless it was cut, or a string in it was, is a number and nothing else, or begins
///   with a byte order mark.
/// - When it is redacted again, nothing goes but beside or around a placeholder: it stands between what was not together
///   before, and is no letter or digit where one was; and expressions may match in it. Of what was no JSON a placeholder may
///   have taken the fault's place, so that paths reach further.
/// - A workspace that was used before gives the same as a new one.
package final class RedactionProperties {
    /// How the text is taken: by the bits of one number, so that a fuzzer's first byte may say it.
    package struct Manner {
        package var context: TextRedactor.Context
        package var isCut: Bool
        /// With known secrets and a team's rules, or with neither.
        package var hasRules: Bool

        package init(bits: UInt8) {
            context = [.text, .text, .header, .uri][Int(bits & 3)]
            isCut = bits & 4 != 0
            hasRules = bits & 8 != 0
        }
    }

    /// What is registered when there are rules: none has a quote or a bracket in it, nor has what the expressions match, so
    /// that JSON stays JSON.
    package static let known = [
        "kn0wn-s3cret-value", "pa55 w0rd/with+some=signs", "schlüssel🔑wörter", "4711471147114711", "abcd",
        "0af7651916cd43dd8448eb211c80319c",
    ]

    private let plain: TextRedactor
    private let full: TextRedactor
    private var workspace = RedactionWorkspace()

    package init() throws {
        let book = RedactionBook(placeholderKey: Array(0..<32))
        plain = TextRedactor(policy: book.policy(team: 1, connector: nil))
        var rules = TeamRedactionRules()
        rules.names = ["x-internal", "geheim"]
        rules.exceptions = ["pin"]
        rules.patterns = [
            .init(name: "order", expression: "ORD-([0-9]{4,8})"), .init(name: "word", expression: "(?i)zz[a-z]{2,}"),
        ]
        rules.jsonPaths = ["$.customer.vat_id", "$..iban", "$.list[*]", "$.list[2]..*"]
        (rules.removesEmails, rules.removesPhoneNumbers, rules.removesIBANs) = (true, true, true)
        try book.setRules(rules, team: 2)
        book.setSecrets(
            Self.known.enumerated().map { KnownSecret(value: Array($1.utf8), ignoresCase: $0 == 0) }, team: 2,
            connector: nil)
        full = TextRedactor(policy: book.policy(team: 2, connector: nil))
    }

    /// What does not hold of `text`; nil when all does.
    package func fault(in text: [UInt8], _ manner: Manner) -> String? {
        let once = redacted(text, manner, &workspace)
        var unused = RedactionWorkspace()
        let anew = redacted(text, manner, &unused)
        if once.text != anew.text || once.receipt != anew.receipt { return "another workspace, another result" }
        if once.text.count > 9 * text.count + 64 { return "\(once.text.count) bytes are left of \(text.count)" }
        if once.receipt.isEmpty, once.text != text { return "changed without a receipt" }
        if String(validating: text, as: UTF8.self) != nil, String(validating: once.text, as: UTF8.self) == nil {
            return "no UTF-8 any more"
        }
        if !manner.isCut, case .text = manner.context, staysJSON(text), Self.isJSON(text), !Self.isJSON(once.text) {
            return "no JSON any more: \(String(decoding: once.text, as: UTF8.self))"
        }
        let twice = redacted(once.text, manner, &workspace)
        let reachesFurther = twice.receipt.contains { $0.rule == .jsonPath } && !Self.isJSON(text)
        if let changed = Self.difference(once.text, twice.text), !reachesFurther,
            !Self.touchesPlaceholder(changed, in: once.text)
        {
            return """
                not the same again: \(String(decoding: once.text, as: UTF8.self)), \
                then \(String(decoding: twice.text, as: UTF8.self)) by \(twice.receipt)
                """
        }
        return nil
    }

    private func redacted(
        _ text: [UInt8], _ manner: Manner, _ workspace: inout RedactionWorkspace
    ) -> (text: [UInt8], receipt: [Redaction]) {
        var output = ByteScratch()
        workspace.tally.removeAll()
        text.withUnsafeBytes {
            (manner.hasRules ? full : plain).redact(
                $0, context: manner.context, field: "field", isCut: manner.isCut, into: &output, &workspace)
        }
        return (Array(output.bytes), workspace.tally.redactions)
    }

    /// Foundation reads a single scalar as JSON when asked to, UTF-16 always, and a byte order mark.
    private func staysJSON(_ text: [UInt8]) -> Bool {
        guard let first = text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return false }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "["), !text.contains(0) else { return false }
        return !Self.hasCutString(text[...])
    }

    /// Whether the quotes of a text, or of what a string in it says, are odd in number.
    private static func hasCutString(_ text: ArraySlice<UInt8>) -> Bool {
        var at = text.startIndex
        while let open = text[at...].firstIndex(of: UInt8(ascii: "\"")) {
            var inner: [UInt8] = []
            at = open + 1
            while at < text.endIndex, text[at] != UInt8(ascii: "\"") {
                if text[at] == UInt8(ascii: "\\") { at += 1 }
                if at < text.endIndex { inner.append(text[at]) }
                at += 1
            }
            if at >= text.endIndex || hasCutString(inner[...]) { return true }
            at += 1
        }
        return false
    }

    /// What of the first has another text in the second; nil when they are the same.
    private static func difference(_ first: [UInt8], _ second: [UInt8]) -> Range<Int>? {
        guard first != second else { return nil }
        let shared = zip(first, second).prefix { $0 == $1 }.count
        let rest = zip(first.reversed(), second.reversed()).prefix { $0 == $1 }.count
        return shared..<max(shared, first.count - rest)
    }

    private static func touchesPlaceholder(_ range: Range<Int>, in text: [UInt8]) -> Bool {
        let length = 15
        // A name may stand between the two, and before it what makes it one: nothing is looked back for beyond what went.
        let reach = length + 96 + 64
        let window = text[max(0, range.lowerBound - reach)..<min(text.count, range.upperBound + reach)]
        return window.indices.contains { at in
            at + length <= window.endIndex
                && text[at..<at + length].withUnsafeBytes { Placeholder.isPlaceholder($0) }
        }
    }

    private static func isJSON(_ text: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text))) != nil
    }
}
