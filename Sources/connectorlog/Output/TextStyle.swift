import ConnectorLogCore

/// How a cell looks on a terminal (ECMA-48, "Select Graphic Rendition"); elsewhere it is plain text.
enum TextStyle: Sendable {
    case good
    case bad
    case faint

    init(_ outcome: Outcome) {
        self = outcome == .ok ? .good : .bad
    }

    private var parameter: Int {
        switch self {
        case .good: 32
        case .bad: 31
        case .faint: 2
        }
    }

    func apply(to text: String) -> String {
        "\u{1B}[\(parameter)m\(text)\u{1B}[0m"
    }
}

extension String {
    /// The text with its control characters spelled out, so that what a vendor answered cannot drive the terminal.
    /// Covers C0, DEL, C1, and the marks that reorder text (Unicode, "Bidirectional Control").
    var withoutControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isControl {
                text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// At most `width` characters; a cut shows as `…`.
    func cut(to width: Int) -> String {
        guard count > width else { return self }
        return String(prefix(max(width - 1, 0))) + "…"
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        properties.generalCategory == .control || properties.isBidiControl
    }
}
