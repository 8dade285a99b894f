import ConnectorLogCore

extension ByteScratch {
    /// What it holds.
    func copy() -> [UInt8] { unsafe Array(bytes) }

    @inline(__always)
    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) {
        unsafe text.extracting(range).withUnsafeBytes { unsafe append($0) }
    }

    mutating func append(decimal value: UInt64) {
        guard value >= 10 else {
            append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = value
        while rest > 0 {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        for at in first..<20 { append(digits[at]) }
    }

    /// Appends hexadecimal digits that lie two a byte, from a digit on.
    mutating func append(digits bytes: Span<UInt8>, _ start: Int, count: Int) {
        reserve(self.count + count)
        for place in start..<start + count {
            let digit = place & 1 == 0 ? bytes[place >> 1] >> 4 : bytes[place >> 1] & 0xF
            append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
