import ConnectorLogCore

/// What is in an object or an array, one value after the other. The text was validated as UTF-8 before.
struct JSONContents {
    private var scanner: JSONScanner
    private let isObject: Bool
    private let depth: Int
    private var isFirst = true
    private var isAtEnd: Bool

    /// - Parameters:
    ///   - slice: whose first byte is its bracket; of any other value nothing comes.
    ///   - depth: so many arrays and objects are open around it.
    init(_ slice: JSONSlice?, in text: UnsafeRawBufferPointer, depth: Int = 0) {
        scanner = JSONScanner(text, from: slice.map { Int($0.start) } ?? 0)
        isObject = slice?.kind == .object
        self.depth = depth + 1
        isAtEnd = !isObject && slice?.kind != .array
        if !isAtEnd { scanner.advance() }
    }

    /// A whole text, which is to be an object. `end` checks that nothing is behind it.
    init(objectIn text: UnsafeRawBufferPointer) throws(LineError) {
        var scanner = JSONScanner(text)
        do throws(JSONScanError) {
            guard try scanner.peek() == UInt8(ascii: "{") else {
                _ = try scanner.value(depth: 0)
                try scanner.end()
                throw JSONScanError(.expectedValue, -1)
            }
        } catch {
            if error.offset < 0 { throw LineError(.notAnObject, "this is no JSON object") }
            throw LineError(error)
        }
        self.init(JSONSlice(.object, scanner.position, text.count), in: text)
    }

    /// The next value, and its name in an object; nil at the end.
    mutating func next() throws(LineError) -> (name: JSONSlice?, value: JSONSlice)? {
        if isAtEnd { return nil }
        let close = UInt8(ascii: isObject ? "}" : "]")
        do throws(JSONScanError) {
            if isFirst {
                isFirst = false
                if try scanner.peek() == close {
                    scanner.advance()
                    isAtEnd = true
                    return nil
                }
            }
            let name = isObject ? try scanner.name() : nil
            let value = try scanner.value(depth: depth)
            isAtEnd = try !scanner.continues(before: close)
            return (name, value)
        } catch {
            throw LineError(error)
        }
    }

    /// Behind the last value.
    mutating func end() throws(LineError) {
        do throws(JSONScanError) {
            try scanner.end()
        } catch {
            throw LineError(error)
        }
    }
}

extension LineError {
    init(_ error: JSONScanError) {
        self.init(.invalidJSON, "\(error.problem.rawValue), at byte \(error.offset)")
    }
}
