/// Counts and sizes as people read them.
package enum DisplayNumber {
    /// "1,234,567".
    package static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = value < 0 ? "-" : ""
        for (offset, digit) in digits.enumerated() {
            if offset > 0, (digits.count - offset) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// "12 bytes", "1.5 KiB", "20 MiB": binary units (IEC 80000-13), rounded down to a tenth.
    package static func bytes(_ count: Int) -> String {
        var (unit, scale) = ("KiB", 1024)
        if count < scale { return count == 1 ? "1 byte" : "\(count) bytes" }
        if count >= 1 << 20 { (unit, scale) = ("MiB", 1 << 20) }
        let tenths = count / scale * 10 + count % scale * 10 / scale
        return tenths % 10 == 0 ? "\(grouped(tenths / 10)) \(unit)" : "\(grouped(tenths / 10)).\(tenths % 10) \(unit)"
    }
}
