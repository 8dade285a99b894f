/// Tells by its name whether a header, parameter or JSON member carries a credential.
///
/// Names are compared without case, `_`, `-`, `.`, `$`, spaces and brackets, so that `X-Api-Key`, `x_api_key` and `xApiKey` are
/// one name; escapes of JSON and of URLs within a name are undone first. A name says credential when it ends in one of
/// `endings` or is one of `wholeNames`, unless it is one of `exceptions` (tokens that page through lists).
package final class CredentialNames: Sendable {
    package static let wholeNames = [
        "cookie", "cookies", "setcookie", "pwd", "pass", "passcode", "pin", "otp", "cvv", "cvc", "jwt", "sig", "sid",
        "sessionid",
        "assertion", "clientassertion", "samlresponse", "codeverifier", "xhubsignature", "xhubsignature256",
        "stripesignature", "xslacksignature",
    ]
    package static let endings = [
        "authorization", "password", "passwords", "passwd", "passphrase", "secret", "secrets", "token", "accesstokens",
        "refreshtokens", "apikey", "apikeys", "accesskey", "accesskeys", "privatekey", "privatekeys", "secretkey",
        "signingkey", "encryptionkey", "accountkey", "sharedkey", "authkey", "subscriptionkey", "functionskey",
        "sharedaccesssignature", "credential", "credentials",
        "xamzsignature", "connectionstring",
    ]
    package static let exceptions = [
        "nexttoken", "pagetoken", "nextpagetoken", "prevpagetoken", "previouspagetoken", "continuationtoken",
        "synctoken", "nextsynctoken", "nextcontinuationtoken", "nextskiptoken", "cursortoken", "skiptoken",
        "deltatoken", "starttoken", "endtoken",
    ]

    /// A pattern's place in `letters`.
    private struct Pattern {
        var start: Int
        var end: Int
        /// Its last letters, at most eight, the last one lowest; and the bytes of these that are letters.
        var tail: UInt64
        var tailMask: UInt64
        var isWholeName: Bool
        /// Whether one of `exceptions` ends so.
        var hasExceptions: Bool
    }

    /// For each last letter, the letters that come before it in some pattern, and those that come before these: nearly all
    /// names are told apart by their last three letters.
    private let lettersBefore: InlineArray<256, UInt32>
    private let lettersBeforeThese: InlineArray<256, UInt32>
    /// For each byte its letter in lower case; 0 for separators.
    private let letter: InlineArray<256, UInt8>
    /// Ordered by their last letters.
    private let patterns: [Pattern]
    /// For each last letter, where its patterns begin; they end where the next letter's begin.
    private let firstPatterns: [Int]
    /// The patterns' letters, one behind the other.
    private let letters: [UInt8]
    private let exceptions: Set<[UInt8]>

    /// The names that hold where a team says nothing else.
    package static let standard = CredentialNames()

    /// - Parameters:
    ///   - additions: names, as a whole, that say credential, too.
    ///   - exceptions: names, as a whole, that do not, whatever they end in.
    package init(additions: [String] = [], exceptions teamExceptions: [String] = []) {
        let exceptions = Self.exceptions.map { Array($0.utf8) } + teamExceptions.map(Self.normalized)
        var lettersBefore = InlineArray<256, UInt32>(repeating: 0)
        var lettersBeforeThese = InlineArray<256, UInt32>(repeating: 0)
        var patterns: [Pattern] = []
        var firstPatterns = [0]
        var letters: [UInt8] = []
        let names =
            Self.wholeNames.map { (Array($0.utf8), true) } + Self.endings.map { (Array($0.utf8), false) }
            + additions.map { (Self.normalized($0), true) }
        for last in UInt8.min...UInt8.max {
            for (name, isWholeName) in names where name[name.count - 1] == last {
                lettersBefore[Int(last)] |= Self.letterBit(name[name.count - 2])
                lettersBeforeThese[Int(last)] |= Self.letterBit(name[name.count - 3])
                let start = letters.count
                letters += name
                patterns.append(
                    Pattern(
                        start: start, end: letters.count,
                        tail: name.suffix(8).reduce(0) { $0 << 8 | UInt64($1) },
                        tailMask: UInt64.max >> UInt64(64 - 8 * min(name.count, 8)),
                        isWholeName: isWholeName,
                        hasExceptions: exceptions.contains { $0.reversed().starts(with: name.reversed()) }))
            }
            firstPatterns.append(patterns.count)
        }
        self.lettersBefore = lettersBefore
        self.lettersBeforeThese = lettersBeforeThese
        var letter = InlineArray<256, UInt8>(repeating: 0)
        for byte in UInt8.min...UInt8.max where !Self.isSeparator(byte) { letter[Int(byte)] = byte.asciiLowercased }
        self.letter = letter
        self.patterns = patterns
        self.firstPatterns = firstPatterns
        self.letters = letters
        self.exceptions = Set(exceptions)
    }

    /// A name without case and separators, as it is compared. Fewer than three bytes are no name that can be added.
    package static func normalized(_ name: String) -> [UInt8] {
        name.utf8.filter { !isSeparator($0) }.map(\.asciiLowercased)
    }

    @inline(__always)
    private static func letterBit(_ byte: UInt8) -> UInt32 {
        1 << UInt32(byte & 0x1F)
    }

    @inline(__always)
    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    package func saysCredential(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { saysCredential(UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    package func saysCredential(_ name: UnsafeRawBufferPointer) -> Bool {
        mayEnd(before: name.count, in: name, from: 0) && tailMatches(name) && matchesWhole(name)
    }

    /// False when by its last three letters no name that ends here says credential.
    @inline(__always)
    func mayEnd(before end: Int, in text: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard end - start >= 3 else { return false }
        let last = text[end - 1].asciiLowercased
        let before = text[end - 2].asciiLowercased
        let third = text[end - 3].asciiLowercased
        let isPair = lettersBefore[Int(last)] & Self.letterBit(before) != 0
        if Self.isLetter(last), Self.isLetter(before), third &- 48 >= 10 {
            // The escape of a byte of ASCII has a digit before its last one: these two are what they seem.
            guard isPair else { return false }
            guard Self.isLetter(third) else { return Self.isSeparator(third) }
            // Letters up to `f` may end an escape.
            return third <= UInt8(ascii: "f") || lettersBeforeThese[Int(last)] & Self.letterBit(third) != 0
        }
        if isPair || Self.isSeparator(last) || Self.isSeparator(before) { return true }
        // The letters may be written as escapes, so that other bytes stand here.
        return third == UInt8(ascii: "%") || end - start >= 4 && text[end - 4] == UInt8(ascii: "%")
            || end - start >= 6 && (text[end - 5] == UInt8(ascii: "u") || text[end - 6] == UInt8(ascii: "u"))
    }

    /// True when the last two of three bytes that end here are letters, written as themselves, with which no name ends that
    /// says credential.
    @inline(__always)
    func isPlainlyHarmless(before end: Int, in text: UnsafeRawBufferPointer) -> Bool {
        let last = text[end - 1].asciiLowercased
        let before = text[end - 2].asciiLowercased
        return Self.isLetter(last) && Self.isLetter(before) && text[end - 3] &- 48 >= 10
            && lettersBefore[Int(last)] & Self.letterBit(before) == 0
    }

    @inline(__always)
    private static func isLetter(_ lowercased: UInt8) -> Bool {
        lowercased &- UInt8(ascii: "a") < 26
    }

    /// False when by its last eight letters the name is none of the patterns'. Escapes are not read: the byte of ASCII that
    /// one stands for has a digit in it, at which this gives up and says true.
    private func tailMatches(_ name: UnsafeRawBufferPointer) -> Bool {
        var tail: UInt64 = 0
        var bits: UInt64 = 0
        var at = name.count
        while at > 0 {
            at -= 1
            let byte = letter[Int(name[at])]
            if byte &- 48 < 10 { return true }
            if bits == 64 { break }
            if byte == 0 { continue }
            tail |= UInt64(byte) << bits
            bits += 8
        }
        let last = Int(tail & 0xFF)
        for index in firstPatterns[last]..<firstPatterns[last + 1]
        where (patterns[index].tail ^ tail) & patterns[index].tailMask == 0 {
            return true
        }
        return false
    }

    /// Compares from the back, because endings decide and nearly always differ early.
    private func matchesWhole(_ name: UnsafeRawBufferPointer) -> Bool {
        var end = name.count
        guard let last = letter(of: name, endingAt: &end) else { return false }
        for index in firstPatterns[Int(last)]..<firstPatterns[Int(last) + 1] {
            let pattern = patterns[index]
            var position = end
            var at = pattern.end - 1
            while at > pattern.start, letter(of: name, endingAt: &position) == letters[at - 1] { at -= 1 }
            guard at == pattern.start else { continue }
            if pattern.isWholeName, letter(of: name, endingAt: &position) != nil { continue }
            return !pattern.hasExceptions || !isException(name)
        }
        return false
    }

    private func isException(_ name: UnsafeRawBufferPointer) -> Bool {
        var reversed: [UInt8] = []
        var position = name.count
        while let letter = letter(of: name, endingAt: &position) { reversed.append(letter) }
        return exceptions.contains(reversed.reversed())
    }

    /// The last character before `position` that is no separator, in lower case; `position` moves before it.
    @inline(__always)
    private func letter(of name: UnsafeRawBufferPointer, endingAt position: inout Int) -> UInt8? {
        while position > 0 {
            var byte = letter[Int(name[position - 1])]
            // Letters beyond `f` end no escape.
            if byte &- UInt8(ascii: "g") < 20 || byte == 0 {
                position -= 1
            } else {
                byte = letter[Int(Self.character(of: name, endingAt: &position))]
            }
            if byte != 0 { return byte }
        }
        return nil
    }

    /// The character before `position`, which moves before it: one byte, or an escape of ASCII as JSON (`\u0070`, with as
    /// many backslashes as its depth asks for) or a URL (`%70`) writes it.
    private static func character(of name: UnsafeRawBufferPointer, endingAt position: inout Int) -> UInt8 {
        position -= 1
        let byte = name[position]
        guard position >= 2, name[position - 2] == UInt8(ascii: "%") || name[position - 2] == UInt8(ascii: "0"),
            let low = byte.hexDigitValue, let high = name[position - 1].hexDigitValue
        else { return byte }
        if name[position - 2] == UInt8(ascii: "%") {
            position -= 2
            return high << 4 | low
        }
        guard position >= 5, name[position - 2] == UInt8(ascii: "0"), name[position - 3] == UInt8(ascii: "0"),
            name[position - 4] == UInt8(ascii: "u"), name[position - 5] == UInt8(ascii: "\\")
        else { return byte }
        position -= 5
        while position > 0, name[position - 1] == UInt8(ascii: "\\") { position -= 1 }
        return high << 4 | low
    }
}

extension UInt8 {
    @inline(__always)
    package var asciiLowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
}
