import NIOCore

/// Writes one JSON object (RFC 8259) member by member. By hand, for the flat form is flat: an encoder would make a tree of
/// each entry first.
struct JSONObjectWriter {
    private(set) var buffer: ByteBuffer
    private var isFirst = true

    /// - Parameter buffer: is written to at its end.
    init(appendingTo buffer: ByteBuffer) {
        self.buffer = buffer
        self.buffer.writeInteger(UInt8(ascii: "{"))
    }

    mutating func finish() -> ByteBuffer {
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
        guard let number else { return }
        key(name)
        buffer.writeString("\(number)")
    }

    /// True is written, false is left out, as is everything that the server takes for granted.
    mutating func flag(_ name: String, _ isSet: Bool) {
        guard isSet else { return }
        key(name)
        buffer.writeString("true")
    }

    /// A number with three places.
    mutating func member(_ name: String, thousandths: Int64?) {
        guard let thousandths else { return }
        key(name)
        let places = "\(thousandths % 1000)"
        buffer.writeString("\(thousandths / 1000).\(String(repeating: "0", count: 3 - places.count))\(places)")
    }

    mutating func member(_ name: String, _ texts: [String]) {
        key(name)
        for (index, text) in texts.enumerated() {
            buffer.writeInteger(UInt8(ascii: index == 0 ? "[" : ","))
            string(text)
        }
        buffer.writeInteger(UInt8(ascii: "]"))
    }

    mutating func object(_ name: String, _ write: (inout JSONObjectWriter) -> Void) {
        key(name)
        var inner = JSONObjectWriter(appendingTo: buffer)
        // One owner at a time, else each write would copy.
        buffer = ByteBuffer()
        write(&inner)
        buffer = inner.finish()
    }

    /// Takes back what `write` wrote unless it says that it may stay; returns what it says.
    mutating func attempt(_ write: (inout JSONObjectWriter) -> Bool) -> Bool {
        let before = (buffer.writerIndex, isFirst)
        guard !write(&self) else { return true }
        buffer.moveWriterIndex(to: before.0)
        isFirst = before.1
        return false
    }

    private mutating func key(_ name: String) {
        if !isFirst { buffer.writeInteger(UInt8(ascii: ",")) }
        isFirst = false
        string(name)
        buffer.writeInteger(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String) {
        var text = text
        buffer.writeInteger(UInt8(ascii: "\""))
        text.withUTF8 { escaped(UnsafeRawBufferPointer($0)) }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    /// Whatever needs no escape is copied in runs.
    private mutating func escaped(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
            switch byte {
            case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
            case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
            case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
            case 0..<0x20:
                buffer.writeStaticString(byte < 0x10 ? "\\u000" : "\\u001")
                buffer.writeString(String(byte & 0xF, radix: 16))
            default:
                buffer.writeInteger(UInt8(ascii: "\\"))
                buffer.writeInteger(byte)
            }
        }
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
}
