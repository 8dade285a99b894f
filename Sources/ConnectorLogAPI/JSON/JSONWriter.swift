package import ConnectorLogCore

/// What has a form in JSON.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

/// Writes JSON (RFC 8259) straight into bytes, without spaces.
///
/// Answers are long lists of short members; this takes a twentieth of the time of Foundation's encoder, and writes
/// members in the order of the calls, nulls included.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    package static func bytes(of value: some JSONWritable, capacity: Int = 512) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.write(value)
        return writer.bytes
    }

    // MARK: - Structure

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array(_ elements: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        elements(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of the member whose value is written next.
    package mutating func name(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A name that needs no escapes.
    private mutating func name(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func beginValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    // MARK: - Values

    package mutating func write(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    package mutating func write(_ text: String) {
        beginValue()
        appendQuoted(text)
        needsComma = true
    }

    package mutating func write(_ number: Int64) {
        beginValue()
        bytes.append(contentsOf: String(number).utf8)
        needsComma = true
    }

    package mutating func write(_ flag: Bool) {
        beginValue()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        needsComma = true
    }

    package mutating func write(_ time: Timestamp) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        time.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func write(_ id: EntryID) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        id.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func writeNull() {
        beginValue()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    /// One JSON value as it is; whoever gives it has checked it.
    package mutating func write(verbatim json: some Collection<UInt8>) {
        beginValue()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// Thousandths as a decimal number without zeros at its end: 41500 is `41.5`.
    package mutating func write(thousandths: Int64) {
        beginValue()
        bytes.append(contentsOf: String(thousandths / 1000).utf8)
        var fraction = thousandths % 1000
        if fraction > 0 {
            bytes.append(UInt8(ascii: "."))
            var unit: Int64 = 100
            while fraction > 0 {
                bytes.append(UInt8(48 + fraction / unit))
                fraction %= unit
                unit /= 10
            }
        }
        needsComma = true
    }

    // MARK: - Members; nil is null

    package mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { write(value) } else { writeNull() }
    }

    package mutating func member(_ name: StaticString, _ value: Int64?) {
        self.name(name)
        if let value { write(value) } else { writeNull() }
    }

    package mutating func member(_ name: StaticString, _ value: Int?) {
        member(name, value.map(Int64.init))
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        write(value)
    }

    package mutating func member(_ name: StaticString, _ value: Timestamp?) {
        self.name(name)
        if let value { write(value) } else { writeNull() }
    }

    package mutating func member(_ name: StaticString, _ value: EntryID) {
        self.name(name)
        write(value)
    }

    package mutating func member(_ name: StaticString, thousandths value: Int64?) {
        self.name(name)
        if let value { write(thousandths: value) } else { writeNull() }
    }

    package mutating func member(_ name: StaticString, verbatim json: some Collection<UInt8>) {
        self.name(name)
        write(verbatim: json)
    }

    package mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        self.name(name)
        write(value)
    }

    package mutating func member(_ name: StaticString, _ values: [some JSONWritable]) {
        self.name(name)
        array { json in
            for value in values { json.write(value) }
        }
    }

    // MARK: - Text

    /// Escapes what RFC 8259, section 7, says must be, and nothing else.
    private mutating func appendQuoted(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where Self.needsEscape(utf8[index]) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                appendEscape(utf8[index])
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits: StaticString = "0123456789abcdef"
            bytes.append(contentsOf: "u00".utf8)
            digits.withUTF8Buffer {
                bytes.append($0[Int(byte >> 4)])
                bytes.append($0[Int(byte & 0xF)])
            }
        }
    }
}
