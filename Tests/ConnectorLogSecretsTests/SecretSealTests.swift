import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogSecrets

/// Reproducible bytes in the place of random ones.
func seededBytes(_ seed: UInt64) -> @Sendable (Int) -> [UInt8] {
    let random = Mutex(SeededRandom(seed: seed))
    return { count in random.withLock { random in (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } } }
}

extension MasterKey {
    static func test(_ byte: UInt8) -> MasterKey {
        MasterKey(bytes: Array(repeating: byte, count: 32)) ?? { preconditionFailure() }()
    }
}

@Suite struct MasterKeyTests {
    private static let bytes = (0..<32).map { UInt8($0 * 8 + 7) }
    private static let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

    @Test(arguments: [
        hex, hex.uppercased(), "Bw8XHycvNz9HT1dfZ293f4ePl5+nr7e/x8/X3+fv9/8=",
        "Bw8XHycvNz9HT1dfZ293f4ePl5+nr7e/x8/X3+fv9/8",
    ])
    func readsHexadecimalAndBase64(_ text: String) {
        #expect(MasterKey(text: text)?.bytes == Self.bytes)
    }

    @Test(arguments: [
        "", "x", String(hex.dropLast()), hex + "0", String(repeating: "g", count: 64), "Bw8XHycvNz9HT1dfZ293fw==",
        String(repeating: "é", count: 32),
    ])
    func refusesWhatIsNoKey(_ text: String) {
        #expect(MasterKey(text: text) == nil)
    }

    @Test func isNamedByAnIdThatTellsNothing() {
        let key = MasterKey.test(1)
        #expect(key.id == MasterKey.test(1).id)
        #expect(key.id != MasterKey.test(2).id)
        #expect(key.id.description.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("1, 1") && !text.contains("0101"))
        }
    }

    /// The id is stored: another derivation would shut out every store there is.
    @Test func keepsItsIdFromVersionToVersion() {
        #expect(MasterKey.test(1).id.description == "ae572d1040aff01f")
    }
}

@Suite struct SecretSealTests {
    private let seal = SecretSeal(.test(1), randomBytes: seededBytes(1))
    private static let place = SealedPlace.secret(team: 1, connector: "crm", placeholder: "sec_000000001")

    @Test(arguments: [0, 1, 4, 1000, 40_000])
    func opensWhatItSealed(_ count: Int) throws {
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let sealed = seal.seal(value, for: Self.place)
        #expect(sealed.count == count + 37)
        #expect(sealed[0] == 1)
        #expect(Array(sealed[1..<9]) == seal.keyID.bytes)
        #expect(try SecretSeal(.test(1), randomBytes: seededBytes(9)).open(sealed, for: Self.place) == value)
        #expect(seal.seal(value, for: Self.place) != sealed, "a nonce was used twice")
    }

    @Test func bindsWhatItSealsToItsPlace() {
        let places: [SealedPlace] = [
            Self.place, .secret(team: 2, connector: "crm", placeholder: "sec_000000001"),
            .secret(team: 1, connector: "crn", placeholder: "sec_000000001"),
            .secret(team: 1, connector: nil, placeholder: "sec_000000001"),
            .secret(team: 1, connector: "", placeholder: "sec_000000001"),
            .secret(team: 1, connector: "crm", placeholder: "sec_000000002"), .key(name: "sec_000000001"),
            .key(name: "placeholders"),
        ]
        for (index, place) in places.enumerated() {
            let sealed = seal.seal([1, 2, 3, 4], for: place)
            for (other, wrong) in places.enumerated() where other != index {
                #expect(throws: SealError.damaged) { try seal.open(sealed, for: wrong) }
            }
        }
    }

    @Test func tellsAWrongKeyFromDamage() throws {
        let other = SecretSeal(.test(2), randomBytes: seededBytes(1))
        let sealed = seal.seal(Array("value".utf8), for: Self.place)
        #expect(throws: SealError.wrongKey(sealedWith: seal.keyID)) { try other.open(sealed, for: Self.place) }
        // Even when the id says that it fits.
        let forged = [1] + other.keyID.bytes + sealed[9...]
        #expect(throws: SealError.damaged) { try other.open(forged, for: Self.place) }
        #expect(throws: SealError.newer) { try seal.open([2] + sealed.dropFirst(), for: Self.place) }
    }

    @Test func findsEveryTurnedBitAndEveryCut() {
        let sealed = seal.seal(Array("value".utf8), for: Self.place)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: SealError.self) { try seal.open(changed, for: Self.place) }
            }
            #expect(throws: SealError.self) { try seal.open(Array(sealed[..<index]), for: Self.place) }
        }
        #expect(throws: SealError.self) { try seal.open(sealed + [0], for: Self.place) }
    }

    /// Bytes that a version of this program has stored open in every later one.
    @Test func opensWhatEarlierVersionsSealed() throws {
        // Made by another implementation (Python's cryptography 48) from the description of the form.
        let sealed: [UInt8] = [
            1, 174, 87, 45, 16, 64, 175, 240, 31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 212, 5, 12, 196, 132, 188, 168,
            0, 242, 95, 114, 163, 214, 146, 16, 43, 78, 95, 54, 70, 83, 101, 95, 82, 155, 92, 242, 230,
        ]
        #expect(try seal.open(sealed, for: Self.place) == Array("s3cr3t-value".utf8))
    }
}
