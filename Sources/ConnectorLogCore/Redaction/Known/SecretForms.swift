/// The byte strings as which a secret's value may stand in a text, or in a text of which `EscapeLayer` undid escapes.
///
/// Percent, JSON and HTML escapes need no forms of their own: they are undone before the search. What is left are the raw
/// value and encodings of the whole of it: hexadecimal digits (RFC 4648, section 8), and base64 in both alphabets (sections
/// 4 and 5), at each of the three places at which a value may begin within groups of three bytes.
struct SecretForm: Hashable {
    /// What is searched for: the form, or its first `anchorBytes`.
    var anchor: [UInt8]
    /// The whole form when it is longer than the anchor.
    var whole: [UInt8]
    /// Letters of ASCII match both cases.
    var ignoresCase: Bool
    /// No letter or digit may stand beside it: what is so short would else be found within words and numbers.
    var isWord = false
    /// How many characters of base64 before and behind hold some bits of the value.
    var partialBefore = 0
    var partialBehind = 0

    /// Longer forms are recognised by their beginning, and compared from there on.
    static let anchorBytes = 256
    /// Shorter values cannot be told from ordinary text; the API refuses them.
    static let minimumBytes = 4
    /// Of shorter values base64 has too few characters that are theirs alone.
    static let minimumBase64Bytes = 6
    /// Shorter values are only found as whole words.
    static let wordBytes = 8

    private init(_ bytes: [UInt8], ignoresCase: Bool) {
        whole = bytes
        anchor = Array(bytes.prefix(Self.anchorBytes))
        self.ignoresCase = ignoresCase
    }

    /// All forms of a value, each once.
    static func all(of secret: KnownSecret) -> [SecretForm] {
        // Blanks alone would take the blanks out of every text.
        guard trimmed(secret.value).count >= minimumBytes else { return [] }
        var forms: Set<SecretForm> = []
        var values = [secret.value, trimmed(secret.value)]
        for value in values where value.contains(0x20) {
            values.append(value.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 })
        }
        for value in values {
            // A value that looks escaped itself loses that with the escapes around it.
            for raw in [value] + EscapeLayer.allMeanings(of: value) where raw.count >= minimumBytes {
                var form = SecretForm(raw, ignoresCase: secret.ignoresCase)
                form.isWord = raw.count < wordBytes
                forms.insert(form)
            }
        }
        for value in encodedValues(of: secret) where value.count >= minimumBytes {
            forms.insert(SecretForm(hexadecimal(value), ignoresCase: true))
            guard value.count >= minimumBase64Bytes else { continue }
            for alignment in 0..<3 {
                forms.insert(base64(value, alignment: alignment, with: UInt8(ascii: "+"), UInt8(ascii: "/")))
                forms.insert(base64(value, alignment: alignment, with: UInt8(ascii: "-"), UInt8(ascii: "_")))
            }
        }
        return Array(forms)
    }

    /// Encodings hide the case of letters, so that of a value in either case the likely spellings are encoded.
    private static func encodedValues(of secret: KnownSecret) -> Set<[UInt8]> {
        var values: Set = [secret.value, trimmed(secret.value)]
        if secret.ignoresCase {
            values.insert(secret.value.map(\.asciiLowercased))
            values.insert(secret.value.map { $0 &- UInt8(ascii: "a") < 26 ? $0 - 32 : $0 })
        }
        return values
    }

    /// Without the blanks and line ends that files and forms leave around values.
    private static func trimmed(_ value: [UInt8]) -> [UInt8] {
        let first = value.firstIndex { !SecretScan.isBlank($0) } ?? value.endIndex
        let last = value.lastIndex { !SecretScan.isBlank($0) } ?? value.startIndex
        return first <= last ? Array(value[first...last]) : []
    }

    private static func hexadecimal(_ value: [UInt8]) -> [UInt8] {
        value.flatMap { byte in [byte >> 4, byte & 15].map { $0 < 10 ? $0 + 48 : $0 + 87 } }
    }

    /// The characters all of whose six bits are the value's, where it begins `alignment` bytes behind a group's start.
    private static func base64(
        _ value: [UInt8], alignment: Int, with sixtyTwo: UInt8, _ sixtyThree: UInt8
    ) -> SecretForm {
        let bytes = Array(repeating: 0, count: alignment) + value
        let first = (alignment * 8 + 5) / 6
        let end = bytes.count * 8 / 6
        let characters = (first..<end).map { place -> UInt8 in
            let bit = place * 6
            let high = UInt16(bytes[bit / 8]) << 8
            let low = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
            let value = UInt8(truncatingIfNeeded: (high | low) >> UInt16(10 - bit % 8)) & 63
            return switch value {
            case 0..<26: value + 65
            case 26..<52: value + 71
            case 52..<62: value - 4
            case 62: sixtyTwo
            default: sixtyThree
            }
        }
        var form = SecretForm(characters, ignoresCase: false)
        form.partialBefore = alignment == 0 ? 0 : 1
        form.partialBehind = bytes.count % 3 == 0 ? 0 : 1
        return form
    }
}
