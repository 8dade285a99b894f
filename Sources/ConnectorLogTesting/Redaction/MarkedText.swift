/// A text that knows which stretches of it give a secret away.
struct MarkedText: Sendable {
    struct Part: Sendable {
        var text: String
        var isSecret: Bool
    }

    var parts: [Part]

    static func plain(_ text: String) -> MarkedText { MarkedText(parts: [Part(text: text, isSecret: false)]) }
    static func secret(_ text: String) -> MarkedText { MarkedText(parts: [Part(text: text, isSecret: true)]) }

    static func + (left: MarkedText, right: MarkedText) -> MarkedText { MarkedText(parts: left.parts + right.parts) }
    static func + (left: String, right: MarkedText) -> MarkedText { .plain(left) + right }
    static func + (left: MarkedText, right: String) -> MarkedText { left + .plain(right) }

    var text: String { parts.reduce(into: "") { $0 += $1.text } }
    var secret: String { parts.reduce(into: "") { if $1.isSecret { $0 += $1.text } } }

    func encoded(_ encodings: some Sequence<SecretEncoding>) -> MarkedText {
        let encodings = Array(encodings)
        return MarkedText(
            parts: parts.map { part in
                Part(text: encodings.reduce(part.text) { $1.encode($0) }, isSecret: part.isSecret)
            })
    }

    /// What no store may hold, of each secret stretch: all of it when it is short; else pieces from its beginning,
    /// middle and end, so that half a secret left behind is found, too.
    var needles: [String] { parts.filter(\.isSecret).flatMap { Self.pieces(of: $0.text) } }

    static func pieces(of text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count >= 24 else { return [text] }
        let count = min(64, scalars.count / 2)
        return Set([0, (scalars.count - count) / 2, scalars.count - count]).sorted().map { start in
            scalars[start..<start + count].reduce(into: "") { $0.unicodeScalars.append($1) }
        }
    }
}
