import Crypto

/// What stands where a secret was: `[secret:k3f9c2]`. The six characters are thirty bits of an HMAC-SHA256 (RFC 2104) of the
/// value, under a key that is the team's alone: one value has one placeholder wherever it stands, so that two calls can be
/// told to have sent the same token, and without the key nothing can be learned from it. Of two values, one in 2^30 pairs
/// has the same one.
package struct Placeholder: Hashable, Sendable {
    package static let byteCount = 15
    private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
    private static let opening: StaticString = "[secret:"
    /// What stood for every secret before there were keys.
    private static let earlier: StaticString = "[redacted]"

    /// Thirty bits.
    let bits: UInt32

    init(bits: UInt32) {
        self.bits = bits & 0x3FFF_FFFF
    }

    package func append(to output: inout ByteScratch) {
        output.append(Self.opening)
        for place in stride(from: UInt32(25), through: 0, by: -5) {
            output.append(Self.alphabet.utf8Start[Int(bits >> place & 31)])
        }
        output.append(UInt8(ascii: "]"))
    }

    package var text: String {
        var output = ByteScratch()
        append(to: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    /// Bytes of the placeholder that begins at `position`; nil when none does.
    package static func length(at position: Int, in text: UnsafeRawBufferPointer) -> Int? {
        guard text[position] == UInt8(ascii: "[") else { return nil }
        for count in [byteCount, earlier.utf8CodeUnitCount] where position + count <= text.count {
            if isPlaceholder(UnsafeRawBufferPointer(rebasing: text[position..<position + count])) { return count }
        }
        return nil
    }

    /// Whether a value can be a part of some placeholder.
    static func mayContain(_ value: [UInt8]) -> Bool {
        func isPart(of template: StaticString, anyFrom: Int, to anyEnd: Int) -> Bool {
            let count = template.utf8CodeUnitCount
            guard value.count <= count else { return false }
            return (0...count - value.count).contains { start in
                value.indices.allSatisfy { at in
                    (anyFrom..<anyEnd).contains(start + at) || value[at] == template.utf8Start[start + at]
                }
            }
        }
        return isPart(of: "[secret:000000]", anyFrom: 8, to: 14) || isPart(of: earlier, anyFrom: 0, to: 0)
    }

    /// Whether a text is a placeholder, of whatever value: what was redacted before stays as it is.
    package static func isPlaceholder(_ text: UnsafeRawBufferPointer) -> Bool {
        switch text.count {
        case byteCount:
            text.prefix(8).elementsEqual(UnsafeBufferPointer(start: opening.utf8Start, count: 8)) && text[14] == 0x5D
                && text[8..<14].allSatisfy { byte in
                    UnsafeBufferPointer(start: alphabet.utf8Start, count: 32).contains(byte)
                }
        case earlier.utf8CodeUnitCount:
            text.elementsEqual(UnsafeBufferPointer(start: earlier.utf8Start, count: text.count))
        default: false
        }
    }
}

/// Makes a team's placeholders.
package struct Placeholders: Sendable {
    /// Whose they are.
    let team: Int64
    private let prepared: HMAC<SHA256>

    /// - Parameters:
    ///   - key: the server's, 32 random bytes.
    ///   - team: has a subkey of its own, so that equal values of two teams cannot be told to be equal.
    package init(key: [UInt8], team: Int64) {
        self.team = team
        let subkey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: key), info: Array("connectorlog placeholder \(team)".utf8),
            outputByteCount: 32)
        prepared = HMAC(key: subkey)
    }

    package func placeholder(for value: UnsafeRawBufferPointer) -> Placeholder {
        var code = prepared
        code.update(data: value)
        let bits = code.finalize().withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        return Placeholder(bits: UInt32(littleEndian: bits))
    }
}
