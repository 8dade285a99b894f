internal import CByteSearch

/// Numbers of payment cards: a range and a length that issuers use (ISO/IEC 7812), the check digit right (Luhn), bare or in
/// the groups in which cards print them, and nothing beside it that makes it a part of something longer.
enum PaymentCard {
    @inline(__always)
    static func firstCandidate(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        first_long_number(text.baseAddress, start, text.count)
    }

    /// The longest number, with its separators.
    private static let mostBytes = 23

    /// Whether there is one, of texts that have a candidate.
    @inline(never)
    static func isIn(_ text: UnsafeRawBufferPointer) -> Bool {
        var isThere = false
        forEach(in: text) { _ in isThere = true }
        return isThere
    }

    /// Gives each number's place.
    static func forEach(in text: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
        var next = 0
        while true {
            let candidate = firstCandidate(in: text, from: next)
            guard candidate < text.count else { return }
            // The candidate may lie within a group of digits, at the last four of it, say.
            var start = candidate
            while start > next, text[start - 1].isDigit { start -= 1 }
            if let card = card(at: start, in: text) {
                body(card)
                next = card.upperBound
            } else {
                next = max(candidate, start) + 1
                while next < text.count, text[next].isDigit { next += 1 }
            }
        }
    }

    /// The longest number that begins at `start`: groups of digits, with one blank or dash between them, of one kind in all
    /// of the number.
    private static func card(at start: Int, in text: UnsafeRawBufferPointer) -> Range<Int>? {
        var at = start
        var separator: UInt8?
        var longest: Range<Int>?
        let limit = min(text.count, start + mostBytes + 1)
        while at < limit {
            while at < limit, text[at].isDigit { at += 1 }
            if isCard(start..<at, text) { longest = start..<at }
            guard at + 1 < limit, text[at] == 0x20 || text[at] == UInt8(ascii: "-"), separator ?? text[at] == text[at],
                text[at + 1].isDigit
            else { break }
            separator = text[at]
            at += 1
        }
        return longest
    }

    private static func isCard(_ range: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        guard (13...mostBytes).contains(range.count), isApart(range, text) else { return false }
        var digits = InlineArray<24, UInt8>(repeating: 0)
        var groups = InlineArray<24, Int>(repeating: 0)
        var (count, group) = (0, 0)
        for byte in text[range] {
            if byte.isDigit {
                digits[count] = byte - 48
                count += 1
                groups[group] += 1
            } else {
                group += 1
            }
        }
        guard isIssued(digits, count: count), hasRightCheckDigit(digits, count: count) else { return false }
        guard group > 0 else { return true }
        // 4-4-4-4(-3), or 4-6-5 and 4-6-4.
        let isByFours = (0..<group).allSatisfy { groups[$0] == 4 } && groups[group] <= 4
        return isByFours || group == 2 && groups[0] == 4 && groups[1] == 6
    }

    private static func isApart(_ range: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        if range.lowerBound > 0 {
            switch text[range.lowerBound - 1] {
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "#"):
                return false
            default: if !TokenShape.mayBegin(at: range.lowerBound, in: text) { return false }
            }
        }
        if range.upperBound < text.count {
            switch text[range.upperBound] {
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return false
            case UInt8(ascii: "."): return range.upperBound + 1 == text.count || !text[range.upperBound + 1].isDigit
            default: if text[range.upperBound].isAlphanumeric { return false }
            }
        }
        return !isIdentifier(before: range.lowerBound, in: text)
    }

    /// Whether the number is the value of a name that ends in `id`: of the ids of sixteen digits that vendors give out, one
    /// in fifty would pass for a card.
    private static func isIdentifier(before start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        var at = start
        let limit = max(0, start - 16)
        while at > limit {
            switch text[at - 1] {
            case 0x20, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "\\"),
                UInt8(ascii: ">"):
                at -= 1
            default:
                return at < start && at >= 2 && text[at - 1].asciiLowercased == UInt8(ascii: "d")
                    && text[at - 2].asciiLowercased == UInt8(ascii: "i")
            }
        }
        return false
    }

    private static func isIssued(_ digits: InlineArray<24, UInt8>, count: Int) -> Bool {
        func number(_ length: Int) -> Int { (0..<length).reduce(0) { $0 * 10 + Int(digits[$1]) } }
        switch number(2) {
        case 34, 37: return count == 15  // American Express
        case 36, 38, 39: return count == 14  // Diners Club
        case 40...49: return count == 16 || count == 19  // Visa
        case 51...55: return count == 16  // Mastercard
        case 62: return (16...19).contains(count)  // UnionPay
        default: break
        }
        switch number(4) {
        case 2221...2720: return count == 16  // Mastercard
        case 3000...3059: return count == 14  // Diners Club
        case 3528...3589: return count == 16  // JCB
        case 6011, 6440...6599: return count == 16  // Discover
        default: return false
        }
    }

    private static func hasRightCheckDigit(_ digits: InlineArray<24, UInt8>, count: Int) -> Bool {
        var sum = 0
        for place in 0..<count {
            let digit = Int(digits[count - 1 - place])
            sum += place % 2 == 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9
        }
        return sum % 10 == 0
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 48 < 10 }
}
