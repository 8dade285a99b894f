/// JSON to be written: members keep their order, and texts may bring escapes of their own.
package indirect enum TrafficJSON: Sendable {
    package struct Member: Sendable {
        /// As it stands between the quotes.
        var escapedName: String
        var value: TrafficJSON

        init(escapedName: String, _ value: TrafficJSON) {
            (self.escapedName, self.value) = (escapedName, value)
        }

        init(_ name: String, _ value: TrafficJSON) {
            self.init(escapedName: SecretEncoding.json.encode(name), value)
        }
    }

    package enum Style: Sendable, CaseIterable { case compact, spaced, indented }

    case text(String)
    /// As it stands between the quotes.
    case escapedText(String)
    /// A number, a truth value, null, or any JSON written already.
    case literal(String)
    case list([TrafficJSON])
    case object([Member])

    package var isComposite: Bool {
        switch self {
        case .list, .object: true
        case .text, .escapedText: false
        case .literal(let text): text.hasPrefix("{") || text.hasPrefix("[")
        }
    }

    /// Texts, numbers, truth values and nulls.
    package var scalarCount: Int {
        switch self {
        case .text, .escapedText, .literal: 1
        case .list(let values): values.reduce(0) { $0 + $1.scalarCount }
        case .object(let members): members.reduce(0) { $0 + $1.value.scalarCount }
        }
    }

    package func written(_ style: Style = .compact) -> String {
        var output = ""
        write(style, depth: 0, to: &output)
        return output
    }

    private func write(_ style: Style, depth: Int, to output: inout String) {
        switch self {
        case .text(let text): output += "\"" + SecretEncoding.json.encode(text) + "\""
        case .escapedText(let text): output += "\"" + text + "\""
        case .literal(let text): output += text
        case .list(let values):
            Self.write(values, "[", "]", style, depth, &output) { $0.write(style, depth: depth + 1, to: &$1) }
        case .object(let members):
            Self.write(members, "{", "}", style, depth, &output) { member, output in
                output += "\"" + member.escapedName + (style == .compact ? "\":" : "\": ")
                member.value.write(style, depth: depth + 1, to: &output)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, _ style: Style, _ depth: Int, _ output: inout String,
        _ write: (Element, inout String) -> Void
    ) {
        output += open
        for (index, element) in elements.enumerated() {
            if index > 0 { output += style == .spaced ? ", " : "," }
            if style == .indented { output += "\n" + String(repeating: "  ", count: depth + 1) }
            write(element, &output)
        }
        if style == .indented, !elements.isEmpty { output += "\n" + String(repeating: "  ", count: depth) }
        output += close
    }
}

extension TrafficJSON: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .literal(String(value)) }
    package init(floatLiteral value: Double) { self = .literal(String(value)) }
    package init(booleanLiteral value: Bool) { self = .literal(value ? "true" : "false") }
    package init(nilLiteral: ()) { self = .literal("null") }
    package init(arrayLiteral elements: TrafficJSON...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, TrafficJSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
