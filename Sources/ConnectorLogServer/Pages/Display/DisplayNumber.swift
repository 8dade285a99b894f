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

    /// "12.5 %", "0 %", "100 %": to a tenth; what is not nothing is not 0, and what is not all is not 100.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard part > 0, whole > 0 else { return "0 %" }
        let tenths = Int((Double(part) / Double(whole) * 1000).rounded())
        if tenths == 0 { return "under 0.1 %" }
        if tenths >= 1000, part < whole { return "99.9 %" }
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
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
