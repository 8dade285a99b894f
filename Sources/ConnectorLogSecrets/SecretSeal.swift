import Crypto
import Foundation

/// What a sealed value is bound to: sealed for one place, it does not open in another.
package enum SealedPlace: Hashable, Sendable {
    case secret(team: Int64, connector: String?, placeholder: String)
    case key(name: String)

    /// Different for different places: texts are told with their lengths.
    var associatedData: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ number: Int64) {
            withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
        }
        func add(_ text: String) {
            add(Int64(text.utf8.count))
            bytes += text.utf8
        }
        switch self {
        case .secret(let team, let connector, let placeholder):
            bytes.append(connector == nil ? 1 : 2)
            add(team)
            if let connector { add(connector) }
            add(placeholder)
        case .key(let name):
            bytes.append(3)
            add(name)
        }
        return bytes
    }
}

/// Why sealed bytes do not open. Names no value.
package enum SealError: Error, Hashable, Sendable {
    /// Another master key sealed them.
    case wrongKey(sealedWith: MasterKeyID)
    /// They are not what was sealed for this place: changed, cut, or moved from another.
    case damaged
    /// A later version of this program sealed them.
    case newer
}

/// Seals values with AES-256-GCM (NIST SP 800-38D), each under a random nonce.
///
/// The form of sealed bytes, whose lengths are those of the value and 37 more:
///
///     version 1 | id of the master key 8 | nonce 12 | ciphertext | tag 16
///
/// Random nonces are good for 2^32 values under one key (section 8.3), which a hundred secrets a connector do not reach.
/// The length of a value shows.
package struct SecretSeal: Sendable {
    static let version: UInt8 = 1
    private static let nonceBytes = 12
    private static let tagBytes = 16
    private static let headerBytes = 1 + MasterKeyID.byteCount

    package let keyID: MasterKeyID
    private let valueKey: SymmetricKey
    private let keyKey: SymmetricKey
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// - Parameter randomBytes: so many bytes, unpredictable.
    package init(_ masterKey: MasterKey, randomBytes: @escaping @Sendable (Int) -> [UInt8]) {
        keyID = masterKey.id
        valueKey = masterKey.derived("connectorlog sealed secrets 1")
        keyKey = masterKey.derived("connectorlog sealed keys 1")
        self.randomBytes = randomBytes
    }

    package func seal(_ value: [UInt8], for place: SealedPlace) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(
                value, using: key(for: place), nonce: AES.GCM.Nonce(data: randomBytes(Self.nonceBytes)),
                authenticating: place.associatedData)
            return [Self.version] + keyID.bytes + Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
        } catch {
            // Only a key or nonce of a wrong length fails, or a value of 64 GiB.
            preconditionFailure("AES-GCM does not seal")
        }
    }

    package func open(_ sealed: [UInt8], for place: SealedPlace) throws(SealError) -> [UInt8] {
        guard try Self.keyID(of: sealed) == keyID else { throw .wrongKey(sealedWith: try Self.keyID(of: sealed)) }
        let ciphertext = Self.headerBytes + Self.nonceBytes
        let tag = sealed.count - Self.tagBytes
        guard tag >= ciphertext else { throw .damaged }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: sealed[Self.headerBytes..<ciphertext]),
                ciphertext: sealed[ciphertext..<tag], tag: sealed[tag...])
            return Array(try AES.GCM.open(box, using: key(for: place), authenticating: place.associatedData))
        } catch {
            throw .damaged
        }
    }

    /// Which master key sealed these bytes.
    package static func keyID(of sealed: [UInt8]) throws(SealError) -> MasterKeyID {
        guard let version = sealed.first else { throw .damaged }
        guard version <= Self.version else { throw .newer }
        guard version == Self.version, sealed.count >= headerBytes else { throw .damaged }
        return MasterKeyID(bytes: Array(sealed[1..<headerBytes]))
    }

    private func key(for place: SealedPlace) -> SymmetricKey {
        switch place {
        case .secret: valueKey
        case .key: keyKey
        }
    }
}
