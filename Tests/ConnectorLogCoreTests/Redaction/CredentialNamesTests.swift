import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite
struct CredentialNamesTests {
    private let names = CredentialNames()

    @Test(arguments: CredentialNames.wholeNames + CredentialNames.endings)
    func knowsEachNameInAnySpelling(_ name: String) {
        for spelling in [
            name, name.uppercased(), name.map { "\($0)_" }.joined(), name.map { "\($0)" }.joined(separator: "-"),
        ] {
            #expect(names.saysCredential(spelling), "\(spelling)")
        }
    }

    @Test(arguments: CredentialNames.endings)
    func knowsEndings(_ ending: String) {
        #expect(names.saysCredential("x-my_" + ending))
        #expect(names.saysCredential(String(repeating: "long_", count: 40) + ending))
        #expect(!names.saysCredential(ending + "x"))
    }

    @Test(arguments: CredentialNames.wholeNames)
    func wholeNamesAreNoEndings(_ name: String) {
        guard !CredentialNames.endings.contains(where: name.hasSuffix) else { return }
        #expect(!names.saysCredential("qq" + name))
        #expect(!names.saysCredential(name + "q"))
    }

    @Test(arguments: CredentialNames.exceptions + ["next_page_token", "NextPageToken", "page-token"])
    func knowsExceptions(_ name: String) {
        #expect(!names.saysCredential(name))
    }

    @Test(arguments: [
        "", "a", "ab", "_", "___", "name", "id", "x-request-id", "user-agent", "description", "keyboard", "k", "tokens",
        "max_tokens", "%", "%%%", "\\u00", "u00zz",
    ])
    func leavesOtherNamesAlone(_ name: String) {
        #expect(!names.saysCredential(name))
    }

    // MARK: - Against the rules written plainly

    private static let pieces =
        CredentialNames.wholeNames + CredentialNames.endings + CredentialNames.exceptions
        + [
            "_", "-", ".", " ", "[", "]", "\"", "\\", "x", "u", "e", "0", "6", "%", "%2e", "%5F", "%7", "\\u00",
            "\\u002d", "é", "$", "%24",
        ]

    @Test func agreesWithTheRulesWrittenPlainly() {
        for var round in FuzzRounds("credential-names", count: 20_000) {
            var name: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &round.random) {
                name += Self.disguised(Array(round.random.pick(Self.pieces).utf8), &round.random)
            }
            if round.random.chance(30) {
                name[Int.random(in: 0..<name.count, using: &round.random)] = UInt8.random(
                    in: 0x20...0x7E, using: &round.random)
            }
            if round.random.chance(30) { name.removeFirst(Int.random(in: 0..<name.count, using: &round.random)) }
            #expect(
                name.withUnsafeBytes { names.saysCredential($0) } == Self.saysCredential(name),
                "round \(round.number): \(String(decoding: name, as: UTF8.self))")
        }
    }

    /// Some bytes written in another case, as escapes or behind separators.
    private static func disguised(_ piece: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        let often = random.pick([0, 0, 10, 40])
        return piece.flatMap { byte -> [UInt8] in
            guard byte < 0x80, random.chance(often) else { return [byte] }
            let digits = String(byte, radix: 16)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return Array("%\(digits.uppercased())".utf8)
            case 1: return Array("\\u00\(digits)".utf8)
            case 2: return Array("\\\\\\u00\(digits)".utf8)
            case 3: return [byte, UInt8(ascii: "_")]
            default: return Array(String(UnicodeScalar(byte)).uppercased().utf8)
            }
        }
    }

    private static func saysCredential(_ name: [UInt8]) -> Bool {
        var letters: [UInt8] = []
        var rest = name[...]
        while let last = rest.last {
            var byte = last
            var taken = 1
            if let value = hexadecimal(rest.suffix(2)) {
                let before = rest.dropLast(2)
                if before.last == UInt8(ascii: "%") {
                    (byte, taken) = (value, 3)
                } else if before.suffix(4).elementsEqual("\\u00".utf8) {
                    let backslashes = before.dropLast(3).reversed().prefix { $0 == UInt8(ascii: "\\") }.count
                    (byte, taken) = (value, 5 + backslashes)
                }
            }
            rest = rest.dropLast(taken)
            if !"_-. []$".utf8.contains(byte) { letters.append(byte) }
        }
        let plain = String(decoding: letters.reversed().map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
        guard !CredentialNames.exceptions.contains(plain) else { return false }
        return CredentialNames.wholeNames.contains(plain) || CredentialNames.endings.contains { plain.hasSuffix($0) }
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, let high = digits.first?.hexDigitValue, let low = digits.last?.hexDigitValue else {
            return nil
        }
        return high << 4 | low
    }
}
