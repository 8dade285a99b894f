/// A secret to be registered before lines that hold it are taken.
package struct PlantedKnownSecret: Hashable, Sendable {
    package enum Alphabet: CaseIterable, Sendable {
        case alphanumeric, base64, special, nonASCII, phrase, uuid, hexadecimal, traceID, spanID, long
    }

    package var value: String
    /// Nil: the whole team's.
    package var connector: String?
    package var ignoresCase: Bool
    package var alphabet: Alphabet

    package static let connectors = ["hubspot", "stripe", "shopify", "jira-cloud", "sap_s4"]

    /// For each connector `perConnector`, and `teamWide`; of each alphabet among them as many, give or take one.
    package static func make(
        _ random: inout SeededRandom, perConnector: Int = 30, teamWide: Int = 50
    ) -> [PlantedKnownSecret] {
        let owners =
            connectors.flatMap { Array(repeating: Optional($0), count: perConnector) }
            + Array(repeating: nil, count: teamWide)
        return owners.enumerated().map { index, connector in
            let alphabet = Alphabet.allCases[index % Alphabet.allCases.count]
            // What has no letters of both cases shows no change of case.
            let hasCase = alphabet == .alphanumeric || alphabet == .special || alphabet == .phrase
            let ignoresCase = hasCase && index / Alphabet.allCases.count % 3 == 0
            return PlantedKnownSecret(
                value: value(alphabet, &random), connector: connector, ignoresCase: ignoresCase, alphabet: alphabet)
        }
    }

    private static let specials = ##"!@#$%^&*()_+-=[]{};':",.<>/?|\ ~"##

    /// 8 to 120 bytes, but for the long ones; no blank at either end.
    private static func value(_ alphabet: Alphabet, _ random: inout SeededRandom) -> String {
        switch alphabet {
        case .alphanumeric: return random.text(random.number(in: 8...64))
        case .base64: return Base64Text.encode(random.bytes(random.number(in: 12...80)))
        case .special:
            let inner = random.text(random.number(in: 8...60), of: SeededRandom.alphanumeric + specials + specials)
            return random.text(1) + inner + random.text(1)
        case .nonASCII:
            let letters = SeededRandom.alphanumeric + "äöüßéñçøłžДЖЩяπΩ中文字密码🔑🗝😀"
            return random.text(1) + random.text(random.number(in: 8...28), of: letters) + random.text(1)
        case .phrase:
            return (0..<random.number(in: 3...6)).map { _ in
                random.text(1, of: SeededRandom.upper)
                    + random.text(random.number(in: 3...8), of: SeededRandom.lower)
            }.joined(separator: " ")
        case .uuid: return random.uuid()
        case .hexadecimal: return random.hex(random.pick([24, 40, 64]))
        case .traceID: return random.hex(32)
        case .spanID: return random.hex(16)
        case .long: return Base64Text.encode(random.bytes(1500))
        }
    }
}
