package import ConnectorLogCore
import Crypto

/// A body as pages show it: indented when it is JSON or XML, a table when it is a form, in hexadecimal when it is bytes,
/// never interpreted otherwise.
package struct DisplayBody: Hashable, Sendable {
    /// Bytes of a binary body that are shown.
    private static let shownBytes = 4096
    /// Bytes of a body that is laid out; larger ones are shown as they are.
    private static let laidOutBytes = 1 << 20

    package let content: MarkedText
    /// "JSON, 1.5 KiB", and whatever of it is missing here.
    package let note: String
    /// "1,536 bytes".
    package let exactSize: String
    package let isJSON: Bool
    package let isTruncated: Bool
    /// The content once more, to fold; nil unless it is JSON of a modest size.
    package let tree: JSONTree?
    package let fields: [HeaderRow]
    package let hasFields: Bool
    /// `content` is all that is shown at first.
    package let isPlain: Bool
    /// The text as it was stored; nil when that is what `content` is.
    package let stored: MarkedText?
    /// SHA-256 of the bytes that are kept, in hexadecimal; nil for texts.
    package let digest: String?
    /// "1.5 KiB", of the bytes that are kept; nil for texts.
    package let keptSize: String?

    /// Nil without a body.
    /// - Parameter contentType: what the message's headers say of it.
    package init?(_ body: Body?, contentType: String? = nil) {
        guard let body, !body.bytes.isEmpty || body.originalSize > 0 else { return nil }
        let layout = Layout(body, contentType: contentType)
        content = layout.content
        isJSON = layout.kind == "JSON"
        isTruncated = body.isTruncated
        tree = layout.tree
        fields = layout.fields
        hasFields = !layout.fields.isEmpty
        stored = layout.isChanged ? MarkedText(body.text) : nil
        digest = body.isBinary ? SHA256.hash(data: body.bytes).hexadecimal : nil
        keptSize = body.isBinary ? DisplayNumber.bytes(body.bytes.count) : nil
        isPlain = tree == nil && fields.isEmpty && !body.isBinary
        var notes = [layout.kind, DisplayNumber.bytes(body.originalSize)]
        if body.isBinary, body.bytes.count > Self.shownBytes {
            notes.append("first \(DisplayNumber.bytes(Self.shownBytes)) shown")
        }
        if body.isTruncated { notes.append("cut to \(DisplayNumber.bytes(body.bytes.count))") }
        note = notes.joined(separator: ", ")
        exactSize = "\(DisplayNumber.grouped(body.originalSize)) bytes"
    }

    private struct Layout {
        var kind = "Text"
        var content: MarkedText
        var tree: JSONTree?
        var fields: [HeaderRow] = []
        /// Shown otherwise than stored.
        var isChanged = false

        init(_ body: Body, contentType: String?) {
            if body.isBinary {
                kind = "Binary"
                content = MarkedText(DisplayBody.hexadecimal(body.bytes.prefix(DisplayBody.shownBytes)))
                return
            }
            content = MarkedText(body.text)
            guard body.bytes.count <= DisplayBody.laidOutBytes else { return }
            if let indented = JSONIndenter.indented(body.bytes) {
                kind = "JSON"
                content = MarkedText(String(decoding: indented, as: UTF8.self))
                tree = JSONTree(indented: indented)
                isChanged = indented != body.bytes
            } else if let indented = XMLIndenter.indented(body.bytes) {
                kind = "XML"
                content = MarkedText(String(decoding: indented, as: UTF8.self))
                isChanged = indented != body.bytes
            } else if FormFields.isForm(contentType), let rows = FormFields.rows(body.text) {
                kind = "Form"
                fields = rows
                isChanged = true
            }
        }
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

extension [HeaderField] {
    /// The value of the first `Content-Type`; nil without one.
    var contentType: String? { first { $0.name.lowercased() == "content-type" }?.value }
}
