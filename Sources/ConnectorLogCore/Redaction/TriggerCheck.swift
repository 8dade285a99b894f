/// Tells by a few bytes around a trigger that no secret is there, as nearly everywhere: what it lets pass, `SecretScan` looks
/// at.
struct TriggerCheck {
    let text: UnsafeRawBufferPointer
    let names: CredentialNames
    let context: TextRedactor.Context

    /// - Parameter start: what is before was redacted already.
    @inline(__always)
    func mayMatch(at position: Int, from start: Int) -> Bool {
        let next = text[position + 1]
        switch text[position] {
        case UInt8(ascii: ":"): return mayMatch(colon: position, next, start)
        case UInt8(ascii: "="): return mayMatch(equals: position, next, start)
        case UInt8(ascii: "<"): return true
        case UInt8(ascii: "e"): return next == UInt8(ascii: "y") && isThird(UInt8(ascii: "J"), position)
        case UInt8(ascii: "-"): return next == UInt8(ascii: "-") && isThird(UInt8(ascii: "-"), position)
        case UInt8(ascii: "b"), UInt8(ascii: "B"):
            if next == UInt8(ascii: "_") { return true }
            // Of `bearer` and `basic`.
            guard position + 2 < text.count else { return false }
            return text[position + 2] | 0x20 == (next | 0x20 == UInt8(ascii: "e") ? 0x61 : 0x73)
        // Of `TokenShape.all`.
        case UInt8(ascii: "A"):
            return next == UInt8(ascii: "K") || next == UInt8(ascii: "S") || next == UInt8(ascii: "I")
        case UInt8(ascii: "S"): return next == UInt8(ascii: "G") || next == UInt8(ascii: "K")
        case UInt8(ascii: "a"): return next == UInt8(ascii: "2") && isThird(UInt8(ascii: "9"), position)
        case UInt8(ascii: "s"): return next == UInt8(ascii: "k")
        case UInt8(ascii: "x"): return next == UInt8(ascii: "o")
        case UInt8(ascii: "g"): return next == UInt8(ascii: "h") || next == UInt8(ascii: "l")
        case UInt8(ascii: "n"), UInt8(ascii: "h"): return next == UInt8(ascii: "p")
        case UInt8(ascii: "c"), UInt8(ascii: "k"): return next == UInt8(ascii: "_")
        case UInt8(ascii: "p"): return next == UInt8(ascii: "-")
        default: return false
        }
    }

    @inline(__always)
    private func isThird(_ byte: UInt8, _ position: Int) -> Bool {
        position + 2 < text.count && text[position + 2] == byte
    }

    @inline(__always)
    private func mayMatch(colon: Int, _ next: UInt8, _ start: Int) -> Bool {
        // Of a URL.
        if next == UInt8(ascii: "/") || next == UInt8(ascii: "\\") { return true }
        guard colon - start >= 5 else { return colon > start }
        switch text[colon - 1] {
        // Nearly all names of JSON end in two letters with which none ends that says credential.
        case UInt8(ascii: "\""):
            // The end of `value`, whose name may be a member of its own.
            if text[colon - 2] | 0x20 == UInt8(ascii: "e"), text[colon - 3] | 0x20 == UInt8(ascii: "u") { return true }
            return !names.isPlainlyHarmless(before: colon - 1, in: text)
        case 0...0x20, UInt8(ascii: "'"): return true
        default:
            // `\u0022` and `\u0027` are quotes.
            return text[colon - 5] == UInt8(ascii: "u") || names.mayEnd(before: colon, in: text, from: start)
        }
    }

    @inline(__always)
    private func mayMatch(equals: Int, _ next: UInt8, _ start: Int) -> Bool {
        // Of a form's part.
        if next == UInt8(ascii: "\"") { return true }
        if context == .text, equals > start {
            switch text[equals - 1] {
            case 0x20, 0x09, UInt8(ascii: "'"), UInt8(ascii: "\""): return true
            default: break
            }
        }
        return names.mayEnd(before: equals, in: text, from: start)
    }
}
