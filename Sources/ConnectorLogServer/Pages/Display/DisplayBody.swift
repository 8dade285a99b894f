package import ConnectorLogCore

/// A body as pages show it: indented when it is JSON, in hexadecimal when it is bytes, never interpreted otherwise.
package struct DisplayBody: Hashable, Sendable {
    /// Bytes of a binary body that are shown.
    private static let shownBytes = 4096

    package let content: MarkedText
    /// "JSON, 1.5 KiB", and whatever of it is missing here.
    package let note: String
    package let isJSON: Bool
    package let isTruncated: Bool

    package init?(_ body: Body?) {
        guard let body, !body.bytes.isEmpty || body.originalSize > 0 else { return nil }
        isTruncated = body.isTruncated
        var notes: [String]
        if body.isBinary {
            content = MarkedText(Self.hexadecimal(body.bytes.prefix(Self.shownBytes)))
            isJSON = false
            notes = ["Binary", DisplayNumber.bytes(body.originalSize)]
            if body.bytes.count > Self.shownBytes {
                notes.append("first \(DisplayNumber.bytes(Self.shownBytes)) shown")
            }
        } else if let indented = JSONIndenter.indented(body.bytes) {
            content = MarkedText(String(decoding: indented, as: UTF8.self))
            isJSON = true
            notes = ["JSON", DisplayNumber.bytes(body.originalSize)]
        } else {
            content = MarkedText(body.text)
            isJSON = false
            notes = ["Text", DisplayNumber.bytes(body.originalSize)]
        }
        if body.isTruncated { notes.append("cut to \(DisplayNumber.bytes(body.bytes.count))") }
        note = notes.joined(separator: ", ")
    }

    /// Sixteen bytes a line, with their offset.
    private static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        func hex(_ value: Int, _ count: Int) -> String {
            String((0..<count).reversed().map { digits[value >> ($0 * 4) & 0xF] })
        }
        return bytes.enumerated().map { offset, byte in
            let separator = offset == 0 ? "" : offset % 16 == 0 ? "\n" : " "
            return separator + (offset % 16 == 0 ? hex(offset, 4) + "  " : "") + hex(Int(byte), 2)
        }.joined()
    }
}
