/// Header fields in one value of a text column: for each field the length of its name, its name, the length of its value,
/// its value; lengths are LEB128 (`Varint`). Order and repeats are kept.
package enum HeaderList {
    package static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        Varint.append(UInt64(text.count), to: &bytes)
        bytes.append(contentsOf: text)
    }

    package static func encode(_ fields: [HeaderField]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            for var text in [field.name, field.value] {
                text.withUTF8 { append(UnsafeRawBufferPointer($0), to: &bytes) }
            }
        }
        return bytes
    }

    /// Gives name and value of each field; ends where the bytes are no header list.
    package static func forEach(
        _ bytes: ArraySlice<UInt8>, _ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void
    ) {
        var rest = bytes
        func text() -> ArraySlice<UInt8>? {
            guard let length = Varint.take(from: &rest), length <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return rest.prefix(Int(length))
        }
        while !rest.isEmpty {
            guard let name = text(), let value = text() else { return }
            body(name, value)
        }
    }

    /// The place of the text whose length stands at `at`, which moves behind it; nil when the bytes are no header list.
    package static func text(in bytes: Span<UInt8>, at place: inout Int, end: Int) -> Range<Int>? {
        var length = 0
        var shift = 0
        while place < end, shift < 35 {
            let byte = bytes[place]
            place += 1
            length |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 {
                guard length <= end - place else { return nil }
                defer { place += length }
                return place..<place + length
            }
            shift += 7
        }
        return nil
    }

    @inline(__always)
    package static func append(_ text: UnsafeRawBufferPointer, to bytes: inout ByteScratch) {
        Varint.append(UInt64(text.count), to: &bytes)
        bytes.append(text)
    }

    /// Nil when the bytes are no header list.
    package static func decode(_ bytes: ArraySlice<UInt8>) -> [HeaderField]? {
        var rest = bytes
        var fields: [HeaderField] = []
        func text() -> String? {
            guard let length = Varint.take(from: &rest), length <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return String(decoding: rest.prefix(Int(length)), as: UTF8.self)
        }
        while !rest.isEmpty {
            guard let name = text(), let value = text() else { return nil }
            fields.append(HeaderField(name: name, value: value))
        }
        return fields
    }
}

/// Unsigned LEB128: seven bits a byte, the lowest first, the top bit set on all but the last.
package enum Varint {
    @inline(__always)
    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    @inline(__always)
    package static func append(_ value: UInt64, to bytes: inout ByteScratch) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// Takes one value off the front; nil when the bytes end within it or it exceeds 64 bits.
    package static func take(from bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = bytes.popFirst() {
            guard shift < 64, shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }
}
