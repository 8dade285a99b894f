import CByteSearch
import ConnectorLogCore

/// The characters of JSON strings: finding the special ones, taking escapes out and putting them in.
enum JSONText {
    /// The first `"`, `\` or control character at or behind `start`; `text.count` when there is none.
    @inline(__always)
    static func firstSpecial(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        first_json_special(text.baseAddress, start, text.count)
    }

    static func validateUTF8(_ text: UnsafeRawBufferPointer) throws(LineError) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: text.bindMemory(to: UInt8.self).span)
        } catch {
            throw LineError(.invalidUTF8, "no UTF-8, at byte \(error.byteOffsets.lowerBound)")
        }
    }

    /// Writes what an escaped string means to `output`, which has room for `text.count` bytes; returns how many bytes
    /// that are: never more. The escapes were checked by `JSONScanner`.
    static func unescape(_ text: UnsafeRawBufferPointer, to output: UnsafeMutableRawPointer) -> Int {
        guard let source = text.baseAddress else { return 0 }
        var at = 0
        var written = 0
        while true {
            at += unescape_json(source + at, text.count - at, output + written, &written)
            guard at < text.count else { return written }
            (at, written) = unicode(text, at, output, written)
        }
    }

    private static func unicode(
        _ text: UnsafeRawBufferPointer, _ start: Int, _ output: UnsafeMutableRawPointer, _ offset: Int
    ) -> (at: Int, written: Int) {
        func unit(_ at: Int) -> UInt32 {
            (at + 2..<at + 6).reduce(0) { $0 << 4 | UInt32(text[$1].hexDigitValue ?? 0) }
        }
        var at = start + 6
        var code = unit(start)
        if 0xD800...0xDBFF ~= code {
            code = 0x10000 + (code - 0xD800) << 10 + (unit(at) - 0xDC00)
            at += 6
        }
        var written = offset
        for byte in UTF8.encode(Unicode.Scalar(code) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
            output.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
            written += 1
        }
        return (at, written)
    }

    /// Appends `text` as the inside of a JSON string, with no escape but those that RFC 8259, section 7, asks for.
    static func appendEscaped(_ text: UnsafeRawBufferPointer, to output: inout ByteScratch) {
        var at = 0
        while true {
            let stop = firstSpecial(in: text, from: at)
            output.append(UnsafeRawBufferPointer(rebasing: text[at..<stop]))
            guard stop < text.count else { return }
            appendEscape(text[stop], to: &output)
            at = stop + 1
        }
    }

    private static func appendEscape(_ byte: UInt8, to output: inout ByteScratch) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0..<0x20:
            output.append(UInt8(ascii: "u"))
            for digit in [0, 0, byte >> 4, byte & 15] { output.append(digit < 10 ? digit + 48 : digit + 87) }
        default: output.append(byte)
        }
    }
}
