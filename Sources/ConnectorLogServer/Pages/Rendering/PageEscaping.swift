import Mustache

/// Escapes text for HTML, element content and quoted attributes alike.
///
/// The template library's own escaping goes by characters (grapheme clusters): a quote with a combining mark behind it is
/// another character to it and passes, though a browser, which reads code points, takes it for the end of an attribute.
/// This one goes by code units.
package struct PageEscaping: MustacheContentType {
    package static let name = "PAGE"

    package init() {}

    package func escapeText(_ text: String) -> String {
        guard text.utf8.contains(where: { Self.replacement($0) != nil }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 64)
        for byte in text.utf8 {
            if let replacement = Self.replacement(byte) {
                bytes.append(contentsOf: replacement.utf8)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replacement(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        // HTML has no form for NUL: browsers drop it in some places and show it as U+FFFD in others.
        case 0: "\u{FFFD}"
        // A parser would turn a carriage return into a line break; the escape keeps it.
        case 0x0D: "&#13;"
        default: nil
        }
    }
}
