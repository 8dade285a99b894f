extension SeededRandom {
    static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    static let lower = "abcdefghijklmnopqrstuvwxyz"
    static let digit = "0123456789"
    static let alphanumeric = upper + lower + digit

    mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// `count` of the characters of `alphabet`.
    mutating func text(_ count: Int, of alphabet: String = alphanumeric) -> String {
        let characters = Array(alphabet.unicodeScalars)
        var output = String.UnicodeScalarView()
        for _ in 0..<count { output.append(pick(characters)) }
        return String(output)
    }

    /// Digits, the first no zero.
    mutating func digits(_ count: Int) -> String {
        text(1, of: "123456789") + text(count - 1, of: Self.digit)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }
}
