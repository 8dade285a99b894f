import ConnectorLogCore

/// A text in pieces, so that what redaction left in place of a secret can be marked.
package struct MarkedText: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        package let text: String
        package let isRedaction: Bool
    }

    package let pieces: [Piece]

    package init(_ text: String) {
        let placeholder = Array("\(RedactionRule.placeholder)".utf8)
        var pieces: [Piece] = []
        let bytes = Array(text.utf8)
        var start = 0
        var position = 0
        func take(upTo end: Int) {
            guard start < end else { return }
            pieces.append(Piece(text: String(decoding: bytes[start..<end], as: UTF8.self), isRedaction: false))
        }
        while position + placeholder.count <= bytes.count {
            guard bytes[position] == placeholder[0], bytes[position...].starts(with: placeholder) else {
                position += 1
                continue
            }
            take(upTo: position)
            position += placeholder.count
            start = position
            pieces.append(Piece(text: "\(RedactionRule.placeholder)", isRedaction: true))
        }
        take(upTo: bytes.count)
        self.pieces = pieces
    }

    /// The whole text again.
    package var text: String { pieces.map(\.text).joined() }
}
