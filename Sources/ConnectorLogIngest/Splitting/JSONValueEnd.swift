/// Finds where one JSON value ends while its bytes arrive, by brackets and quotes alone; whether it is JSON is for a
/// decoder to say.
struct JSONValueEnd {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private let isScalar: Bool

    /// - Parameter first: the value's first byte. `next` is given it, too.
    init(first: UInt8) {
        isScalar = first != UInt8(ascii: "{") && first != UInt8(ascii: "[") && first != UInt8(ascii: "\"")
    }

    /// The index behind the value, which goes on at `start`; nil when it goes on behind `bytes`.
    mutating func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var at = start
        while at < bytes.count {
            if isEscaped {
                isEscaped = false
                at += 1
            } else if isInString {
                at = JSONText.firstSpecial(in: bytes, from: at)
                guard at < bytes.count else { return nil }
                isEscaped = bytes[at] == UInt8(ascii: "\\")
                isInString = bytes[at] != UInt8(ascii: "\"")
                at += 1
                if !isInString, depth == 0 { return at }
            } else if isScalar {
                switch bytes[at] {
                case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x0A, 0x0D, 0x09: return at
                default: at += 1
                }
            } else {
                switch bytes[at] {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return at + 1 }
                default: break
                }
                at += 1
            }
        }
        return nil
    }
}
