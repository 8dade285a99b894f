/// Looks for known secrets in what is stored already, and says which of them stands where; takes them out again.
///
/// It finds what redaction finds, but for what lies within a placeholder: of `[secret:k3f9c2]` nothing is a secret, whatever
/// value somebody registers.
package final class KnownSecretSearch: Sendable {
    package struct Secret: Sendable {
        /// What the API calls it: `sec_` and nine hexadecimal digits.
        package var name: String
        package var known: KnownSecret
        /// What stands in the place of its value.
        package var placeholder: Placeholder

        package init(name: String, known: KnownSecret, placeholder: Placeholder) {
            (self.name, self.known, self.placeholder) = (name, known, placeholder)
        }
    }

    package struct Found: Sendable {
        package var range: Range<Int>
        /// Its place in `secrets`.
        package var secret: Int
    }

    /// How a text is redacted.
    package enum Form: Sendable {
        case uri, text, header
        /// The whole text is letters, digits and dashes, so that `secret-k3f9c2` takes its place.
        case word
    }

    /// Memory of searches, kept from text to text.
    package struct Scratch: ~Copyable {
        fileprivate var workspace = RedactionWorkspace()
        fileprivate var found: [KnownSecrets.Found] = []

        package init() {}
    }

    /// No escape writes a byte in more than this: three rounds of `%25`, say, before `5C`, `u0041`.
    private static let escapedBytes = 36
    /// Bytes within which every find can be recognised, however it is escaped.
    package static let reach = SecretForm.anchorBytes * 2 * escapedBytes

    package let secrets: [Secret]
    private let known: KnownSecrets
    private let policy: RedactionPolicy

    /// Nil when there is nothing to look for.
    package init?(_ secrets: [Secret]) {
        // What stands in the place of finds comes from `secrets`, which may be those of several teams.
        let placeholders = Placeholders(key: [], team: 0)
        guard let known = KnownSecrets(secrets.map(\.known), placeholders: placeholders) else { return nil }
        self.secrets = secrets
        self.known = known
        policy = RedactionPolicy(placeholders: placeholders)
    }

    /// The places of all secrets, those of one secret each once and in their order; places of several may overlap.
    /// - Parameter isCut: more followed once: the text's end may be the beginning of a secret.
    package func find(
        in text: UnsafeRawBufferPointer, isCut: Bool = false, using scratch: inout Scratch
    ) -> [Found] {
        scratch.found.removeAll(keepingCapacity: true)
        known.find(in: text, isCut: isCut, using: &scratch.workspace.known, into: &scratch.found)
        scratch.found.sort { ($0.secret, $0.range.lowerBound) < ($1.secret, $1.range.lowerBound) }
        var places: [Found] = []
        for found in scratch.found where !Self.isWithinPlaceholder(found.range, text) {
            // One place shows itself in several rounds of escapes.
            if let last = places.last, last.secret == found.secret, last.range.overlaps(found.range) { continue }
            places.append(Found(range: found.range, secret: found.secret))
        }
        return places
    }

    private static func isWithinPlaceholder(_ range: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        let first = max(0, range.lowerBound - Placeholder.byteCount)
        return (first...range.lowerBound).contains { start in
            guard start < text.count, let length = Placeholder.length(at: start, in: text) else { return false }
            return range.upperBound <= start + length
        }
    }

    // MARK: - Redaction

    /// Rounds after which a text that still has a secret goes as a whole: what is taken out may leave one behind.
    private static let rounds = 3

    /// The text with placeholders in the place of secrets; nil when it has none.
    package func redacted(
        _ text: UnsafeRawBufferPointer, as form: Form, isCut: Bool = false, using scratch: inout Scratch
    ) -> [UInt8]? {
        var result: [UInt8]?
        for round in 0...Self.rounds {
            let next: [UInt8]? =
                if let result {
                    result.withUnsafeBytes { redactedOnce($0, form, isCut, isLast: round == Self.rounds, &scratch) }
                } else {
                    redactedOnce(text, form, isCut, isLast: false, &scratch)
                }
            guard let next else { break }
            result = next
        }
        return result
    }

    private func redactedOnce(
        _ text: UnsafeRawBufferPointer, _ form: Form, _ isCut: Bool, isLast: Bool, _ scratch: inout Scratch
    ) -> [UInt8]? {
        let found = find(in: text, isCut: isCut, using: &scratch)
        guard let first = found.first else { return nil }
        let placeholder = secrets[first.secret].placeholder
        if form == .word { return Self.word(placeholder) }
        if isLast { return Array(placeholder.text.utf8) }
        scratch.workspace.findings = found.map { found in
            Finding(rule: .knownSecret, range: found.range, placeholder: secrets[found.secret].placeholder)
        }
        let context: TextRedactor.Context =
            switch form {
            case .uri, .word: .uri
            case .header: .header
            case .text: .text
            }
        // Counted by whoever asks: the receipt is the entry's.
        defer { scratch.workspace.tally.removeAll() }
        return scratch.workspace.replaceFindings(in: text, context: context, field: "", policy: policy).map(Array.init)
            ?? Array(placeholder.text.utf8)
    }

    /// As `TextRedactor.redactWord` writes it.
    private static func word(_ placeholder: Placeholder) -> [UInt8] {
        placeholder.text.utf8.filter { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") }
            .map { $0 == UInt8(ascii: ":") ? UInt8(ascii: "-") : $0 }
    }
}

extension Receipt {
    /// The stored form of one line more: known secrets that were found when they were stored already.
    package static func append(knownSecretsIn field: String, count: Int, to receipt: inout [UInt8]) {
        receipt.append(RedactionRule.knownSecret.rawValue)
        Varint.append(UInt64(field.utf8.count), to: &receipt)
        receipt += Array(field.utf8)
        Varint.append(UInt64(count), to: &receipt)
    }
}
