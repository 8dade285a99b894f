/// One walk over a text in search of secrets: from each byte at which something may begin it looks a bounded way back and
/// as far ahead as the secret reaches.
struct SecretScan {
    /// Longest name that is looked for before a `:` or `=`; of a longer one the last bytes count.
    static let nameBytes = 96
    /// Longest authority that is looked through behind `://`.
    static let authorityBytes = 2048

    struct Match {
        var rule: RedactionRule
        var secret: Range<Int>
        /// The name that gave the secret away, for the receipt; may be empty.
        var name: Range<Int>
        /// Quotes to put around the placeholder, where an unquoted JSON value is replaced.
        var quote: EscapedQuote?
    }

    let text: UnsafeRawBufferPointer
    let names: CredentialNames
    let context: TextRedactor.Context
    /// More followed once.
    let isCut: Bool
    /// What is before was redacted already, and is not looked at again.
    var start = 0
    /// Up to here no web token begins: the run of its characters was read already.
    var noWebTokenBefore = 0
    /// Where in JSON the last element was, once one was looked at.
    var place: JSONPlace?
    var hasReadPlace = false
    /// Bytes looked at beside the search for triggers: a test holds it to a multiple of the text's length.
    var work = 0

    init(text: UnsafeRawBufferPointer, names: CredentialNames, context: TextRedactor.Context, isCut: Bool) {
        (self.text, self.names, self.context, self.isCut) = (text, names, context, isCut)
    }

    /// The secret to which the byte at `position` points.
    @inline(__always)
    mutating func match(at position: Int) -> Match? {
        switch text[position] {
        case UInt8(ascii: ":"): userInformation(colon: position) ?? member(colon: position)
        case UInt8(ascii: "="): parameter(equals: position)
        case UInt8(ascii: "<"): element(at: position)
        default: shape(at: position)
        }
    }

    // MARK: - Bytes

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    mutating func skipBlanks(from start: Int) -> Int {
        var at = start
        while at < text.count, Self.isBlank(text[at]) { at += 1 }
        work += at - start
        return at
    }

    func matches(_ word: StaticString, at position: Int) -> Bool {
        guard position + word.utf8CodeUnitCount <= text.count else { return false }
        for i in 0..<word.utf8CodeUnitCount where text[position + i].asciiLowercased != word.utf8Start[i] {
            return false
        }
        return true
    }

    func saysCredential(_ name: Range<Int>) -> Bool {
        names.saysCredential(UnsafeRawBufferPointer(rebasing: text[name]))
    }

    /// The name without quotes that ends at `end`; empty when there is none, or it cannot say credential.
    @inline(__always)
    mutating func bareName(before end: Int) -> Range<Int> {
        guard names.mayEnd(before: end, in: text, from: start) else { return end..<end }
        var first = end
        let limit = max(start, end - Self.nameBytes)
        while first > limit {
            switch text[first - 1] {
            case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"): break
            case let byte where byte.isIdentifierByte: break
            default:
                work += end - first
                return first..<end
            }
            first -= 1
        }
        work += end - first
        return first..<end
    }
}
