/// Reads a message in protobuf's wire format field by field (protobuf.dev, "Encoding"), without copying: what is read points
/// into the message. Fields that the caller does not know are its to pass over.
struct WireReader {
    typealias Text = UnsafeRawBufferPointer

    struct Field {
        var number: UInt64
        var value: Value
    }

    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A text, bytes, a message, or packed numbers.
        case bytes(Text)
    }

    /// It ends early, a number is too long, or a field is of a wire type that there is not (any more).
    struct Malformed: Error {}

    private let message: Text
    private var position = 0

    init(_ message: Text) {
        self.message = message
    }

    /// Nil at the end.
    mutating func next() throws(Malformed) -> Field? {
        guard position < message.count else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw Malformed() }
        switch tag & 7 {
        case 0: return Field(number: tag >> 3, value: .varint(try varint()))
        case 1:
            let bytes = try take(8)
            return Field(
                number: tag >> 3, value: .fixed64(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))))
        case 2:
            let count = try varint()
            guard count <= UInt64(message.count - position) else { throw Malformed() }
            return Field(number: tag >> 3, value: .bytes(try take(Int(count))))
        case 5:
            let bytes = try take(4)
            return Field(
                number: tag >> 3, value: .fixed32(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))))
        // Groups (3 and 4) went before OTLP was made.
        default: throw Malformed()
        }
    }

    @inline(__always)
    private mutating func varint() throws(Malformed) -> UInt64 {
        guard position < message.count else { throw Malformed() }
        let first = message[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < message.count, shift < 64 {
            let byte = message[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed()
    }

    @inline(__always)
    private mutating func take(_ count: Int) throws(Malformed) -> Text {
        guard count <= message.count - position else { throw Malformed() }
        defer { position += count }
        return Text(rebasing: message[position..<position + count])
    }
}

extension WireReader {
    /// The message's field of this number that came last, or nothing; for messages of which one field matters.
    static func bytes(_ number: UInt64, in message: Text) throws(Malformed) -> Text? {
        var reader = WireReader(message)
        var found: Text?
        while let field = try reader.next() {
            if field.number == number, case .bytes(let bytes) = field.value { found = bytes }
        }
        return found
    }
}
