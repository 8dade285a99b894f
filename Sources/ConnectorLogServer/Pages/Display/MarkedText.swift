import ConnectorLogCore

/// A text in pieces, so that what redaction left in place of a secret can be marked.
package struct MarkedText: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        package let text: String
        package let isRedaction: Bool
    }

    package let pieces: [Piece]

    package init(_ text: String) {
        var pieces: [Piece] = []
        let bytes = Array(text.utf8)
        var start = 0
        var position = 0
        func take(upTo end: Int) {
            guard start < end else { return }
            pieces.append(Piece(text: String(decoding: bytes[start..<end], as: UTF8.self), isRedaction: false))
        }
        bytes.withUnsafeBytes { buffer in
            while position < buffer.count {
                guard let length = Placeholder.length(at: position, in: buffer) else {
                    position += 1
                    continue
                }
                take(upTo: position)
                start = position + length
                pieces.append(
                    Piece(text: String(decoding: bytes[position..<start], as: UTF8.self), isRedaction: true))
                position = start
            }
        }
        take(upTo: bytes.count)
        self.pieces = pieces
    }

    /// The whole text again.
    package var text: String { pieces.map(\.text).joined() }
}
