/// One JSON value as its place in the text; nothing of it is copied or converted.
struct JSONSlice {
    enum Kind: UInt8 {
        /// A string without escapes: the slice, without quotes, is its value.
        case string
        /// A string that `JSONText.unescape` has to turn into its value.
        case escapedString
        case number
        case yes
        case no
        case null
        /// An object or an array; the slice takes in the brackets.
        case object
        case array

        var isString: Bool { rawValue <= Kind.escapedString.rawValue }
    }

    var start: UInt32
    var end: UInt32
    var kind: Kind

    @inline(__always)
    init(_ kind: Kind, _ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.kind = kind
    }

    @inline(__always)
    func bytes(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[Int(start)..<Int(end)])
    }

    /// Where the value begins, for messages.
    var offset: Int { kind.isString ? Int(start) - 1 : Int(start) }
}
