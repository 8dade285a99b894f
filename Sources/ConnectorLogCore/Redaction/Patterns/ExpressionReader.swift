/// Reads an expression scalar by scalar, and says where in it a fault is.
struct ExpressionReader {
    private let scalars: [Unicode.Scalar]
    var position = 0

    init(_ expression: String, limit: Int) throws(PatternError) {
        guard expression.utf8.count <= limit else {
            throw PatternError(offset: limit, message: "longer than \(limit) bytes")
        }
        scalars = Array(expression.unicodeScalars)
    }

    /// Nil at the end.
    var next: Unicode.Scalar? { peek(0) }

    func peek(_ distance: Int) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    func scalar(at position: Int) -> Unicode.Scalar { scalars[position] }

    mutating func take() -> Unicode.Scalar? {
        defer { position = min(position + 1, scalars.count) }
        return next
    }

    func starts(with text: String) -> Bool {
        scalars[position...].starts(with: text.unicodeScalars)
    }

    /// Goes over `text` when it comes next.
    mutating func take(_ text: String) -> Bool {
        guard starts(with: text) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    /// A decimal number; nil when none comes next. What is greater than `limit` is refused.
    mutating func takeNumber(limit: Int) throws(PatternError) -> Int? {
        let start = position
        var number = 0
        while let digit = next, "0"..."9" ~= digit {
            number = number * 10 + Int(digit.value - 48)
            guard number <= limit else { throw error("numbers go up to \(limit)", at: start) }
            position += 1
        }
        return position == start ? nil : number
    }

    mutating func takeHexadecimal(digits: Int) throws(PatternError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next, digit.isASCII, let value = Character(digit).hexDigitValue else {
                throw error("\(digits) hexadecimal digits are to come here")
            }
            number = number << 4 | UInt32(value)
            position += 1
        }
        return number
    }

    /// - Parameter place: a `position`; the one read next when nil.
    func error(_ message: String, at place: Int? = nil) -> PatternError {
        let before = scalars[..<min(place ?? position, scalars.count)]
        return PatternError(offset: before.reduce(0) { $0 + UTF8.width($1) }, message: message)
    }
}
