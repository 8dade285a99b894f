/// The Prometheus text format, version 0.0.4.
enum PrometheusText {
    static func write(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families {
            if let help = family.help { text += "# HELP \(family.name) \(escaped(help))\n" }
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples { append(sample, of: family.name, to: &text) }
        }
        return text
    }

    private static func append(_ sample: MetricSample, of name: String, to text: inout String) {
        switch sample.value {
        case .number(let number):
            text += "\(name)\(labels(sample.labels)) \(formatted(number))\n"
        case .histogram(let bounds, let counts, let sum):
            var cumulated = 0
            for (index, count) in counts.enumerated() {
                cumulated += count
                let bound = index < bounds.count ? formatted(bounds[index]) : "+Inf"
                let all = sample.labels + [MetricLabel(name: "le", value: bound)]
                text += "\(name)_bucket\(labels(all)) \(cumulated)\n"
            }
            text += "\(name)_sum\(labels(sample.labels)) \(formatted(sum))\n"
            text += "\(name)_count\(labels(sample.labels)) \(cumulated)\n"
        }
    }

    private static func labels(_ labels: [MetricLabel]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    /// Whole numbers without a fraction.
    private static func formatted(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
        return escaped
    }

    // MARK: - Names

    /// A name of `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func name(_ label: String) -> String {
        let name = String(
            label.unicodeScalars.map {
                $0.isASCII && ($0.properties.isAlphabetic || "0"..."9" ~= $0) ? Character($0) : "_"
            })
        return name.first.map { $0.isNumber } ?? true ? "_" + name : name
    }

    static func name(_ label: String, kind: MetricName.Kind, isTimer: Bool) -> String {
        let name = name(label)
        let suffix = kind == .counter ? "_total" : isTimer ? "_seconds" : ""
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}
