import ConnectorLogCore

/// Cuts a JSON array into its elements as its bytes arrive, or takes one object for a single element. It looks at brackets
/// and quotes alone; whether an element is JSON is for the decoder to say.
struct ElementSplitter: ~Copyable {
    private enum Place {
        case start
        /// Behind the opening bracket or a comma; `true` when the array may also end here.
        case beforeElement(mayEnd: Bool)
        case inElement
        case afterElement
        case end
        /// The text is no JSON from here on.
        case broken
    }

    private let lineBytes: Int
    private var place = Place.start
    private var isArray = false
    private var carried = ByteScratch()
    /// Whether the bytes in `carried` were given away.
    private var isCarriedDone = false
    private var isPassingOver = false
    /// Bytes of the byte order mark that were seen.
    private var markBytes = 0

    /// Of the current element.
    private var valueEnd = JSONValueEnd(first: UInt8(ascii: "{"))

    /// Elements so far, the current one too.
    private(set) var count = 0
    /// Bytes of the body before `rest`, for messages.
    private var offset = 0

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let keptBytes = 1 << 18

    /// Whether what is behind the array is the caller's.
    private let isNested: Bool

    init(lineBytes: Int) {
        self.lineBytes = lineBytes
        isNested = false
    }

    /// Of an array within another document, whose opening bracket ends `offset` bytes of the body.
    init(lineBytes: Int, nestedAt offset: Int) {
        self.lineBytes = lineBytes
        self.offset = offset
        isNested = true
        isArray = true
        place = .beforeElement(mayEnd: true)
    }

    /// Behind the closing bracket.
    var isAtEnd: Bool {
        if case .end = place { true } else { false }
    }

    /// Nothing more can come of the body.
    var isBroken: Bool {
        if case .broken = place { true } else { false }
    }

    /// Bytes held.
    var byteCount: Int { carried.capacity }

    /// The next element; takes the bytes that it needed off `rest`. Nil when `rest` is used up. Throws `.invalidJSON` when
    /// the body is neither an array nor an object.
    mutating func next(_ rest: inout UnsafeRawBufferPointer) throws(IngestError) -> SplitPiece? {
        releaseCarried()
        var at = 0
        var start = 0
        defer {
            offset += at
            rest = UnsafeRawBufferPointer(rebasing: rest[at...])
        }
        while at < rest.count {
            switch place {
            case .inElement:
                let end = valueEnd.next(in: rest, from: at)
                let part = UnsafeRawBufferPointer(rebasing: rest[start..<(end ?? rest.count)])
                at = end ?? rest.count
                if end != nil { place = isArray ? .afterElement : .end }
                if let piece = take(part, isLast: end != nil) { return piece }
            case .broken:
                at = rest.count
            case .end where isNested:
                return nil
            default:
                if let piece = try step(rest[at], at: offset + at) { return piece }
                if case .inElement = place { start = at } else { at += 1 }
            }
        }
        return nil
    }

    /// Call when the body has ended. What is wrong when it ended early; nil when it ended well, or never began.
    mutating func last() -> SplitPiece? {
        releaseCarried()
        switch place {
        case .start, .end, .broken:
            return nil
        case .inElement:
            if isPassingOver { return nil }
            return .broken(count, LineError(.invalidJSON, "ends early, at byte \(offset) of the body"))
        case .beforeElement, .afterElement:
            return .broken(
                count + 1, LineError(.invalidJSON, "the array ends early, at byte \(offset) of the body"))
        }
    }

    /// One byte outside of elements. An element that begins with it leaves `place` at `.inElement`.
    private mutating func step(_ byte: UInt8, at offset: Int) throws(IngestError) -> SplitPiece? {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return nil }
        switch (place, byte) {
        case (.start, UInt8(ascii: "[")):
            isArray = true
            place = .beforeElement(mayEnd: true)
        case (.start, UInt8(ascii: "{")):
            beginElement(byte)
        case (.start, _) where markBytes == offset && offset < 3 && byte == Self.byteOrderMark[offset]:
            markBytes += 1
        case (.start, _):
            place = .broken
            throw IngestError(.invalidJSON, "an array or an object is expected, at byte \(offset)")
        case (.beforeElement(true), UInt8(ascii: "]")), (.afterElement, UInt8(ascii: "]")):
            place = .end
        case (.beforeElement, let byte) where !Self.isMark(byte):
            beginElement(byte)
        case (.afterElement, UInt8(ascii: ",")):
            place = .beforeElement(mayEnd: false)
        default:
            let expected =
                switch place {
                case .end: "nothing more"
                case .afterElement: "a comma or closing bracket"
                default: "an element"
                }
            place = .broken
            return .broken(count + 1, LineError(.invalidJSON, "\(expected) is expected, at byte \(offset) of the body"))
        }
        return nil
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: false
        }
    }

    private mutating func beginElement(_ byte: UInt8) {
        place = .inElement
        count += 1
        valueEnd = JSONValueEnd(first: byte)
    }

    private mutating func take(_ part: UnsafeRawBufferPointer, isLast: Bool) -> SplitPiece? {
        if isPassingOver {
            if isLast { isPassingOver = false }
            return nil
        }
        guard carried.count + part.count <= lineBytes else {
            carried.removeAll()
            isPassingOver = !isLast
            return .tooLong(count)
        }
        guard isLast else {
            carried.append(part)
            return nil
        }
        if carried.count == 0 { return .line(count, part) }
        carried.append(part)
        isCarriedDone = true
        return .line(count, carried.bytes)
    }

    private mutating func releaseCarried() {
        guard isCarriedDone else { return }
        isCarriedDone = false
        carried.removeAll(keepingCapacity: Self.keptBytes)
    }
}
