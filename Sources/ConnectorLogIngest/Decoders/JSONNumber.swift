/// A JSON number, exactly, as far as the fields need it: no rounding through `Double`, no trap on any digits.
struct JSONNumber: Equatable {
    enum Problem: Error { case notWhole, outOfRange }

    /// The value is `digits` * 10^`exponent`, negated when `isNegative`.
    private var digits: UInt64 = 0
    private var exponent = 0
    private var isNegative = false
    /// Digits that are not zero did not fit into `digits`.
    private var isInexact = false

    /// `text` is a number by RFC 8259.
    init(_ text: UnsafeRawBufferPointer) {
        var at = 0
        if text.first == UInt8(ascii: "-") {
            isNegative = true
            at = 1
        }
        var isFraction = false
        while at < text.count, text[at] | 0x20 != UInt8(ascii: "e") {
            defer { at += 1 }
            guard text[at] != UInt8(ascii: ".") else {
                isFraction = true
                continue
            }
            let digit = UInt64(text[at] &- 48)
            if digits <= (UInt64.max - 9) / 10 {
                digits = digits * 10 + digit
                if isFraction { exponent -= 1 }
            } else {
                isInexact = isInexact || digit != 0
                if !isFraction { exponent += 1 }
            }
        }
        guard at < text.count else { return }
        exponent += Self.exponent(UnsafeRawBufferPointer(rebasing: text[(at + 1)...]))
    }

    /// Held within a million either way: far beyond what any field may be, and safe to add to.
    private static func exponent(_ text: UnsafeRawBufferPointer) -> Int {
        var value = 0
        for byte in text where byte &- 48 <= 9 { value = min(value * 10 + Int(byte &- 48), 1_000_000) }
        return text.first == UInt8(ascii: "-") ? -value : value
    }

    /// The value as a whole number: `200`, `200.0` and `2e2` are one.
    func whole() throws(Problem) -> Int64 {
        let (value, isExact) = try scaled(by: 0)
        guard isExact else { throw .notWhole }
        return value
    }

    /// The value times 10^`places`, to the nearest whole number.
    func rounded(places: Int) throws(Problem) -> Int64 {
        try scaled(by: places).value
    }

    private func scaled(by places: Int) throws(Problem) -> (value: Int64, isExact: Bool) {
        guard digits != 0 else { return (0, true) }
        var (value, exponent, isExact) = (digits, exponent + places, !isInexact)
        while exponent > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .outOfRange }
            value = product
            exponent -= 1
        }
        var lastDropped: UInt64 = 0
        while exponent < 0, value != 0 || lastDropped != 0 {
            if lastDropped != 0 { isExact = false }
            lastDropped = value % 10
            value /= 10
            exponent += 1
        }
        if lastDropped != 0 { isExact = false }
        if lastDropped >= 5 { value += 1 }
        guard let magnitude = Int64(exactly: value) else { throw .outOfRange }
        return (isNegative ? -magnitude : magnitude, isExact)
    }
}
