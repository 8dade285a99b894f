import ConnectorLogSecrets
import Crypto
import Foundation

/// The 32 bytes that sign cursors and sessions. Random ones are kept with the store: both outlive a restart.
enum SigningKey {
    static let byteCount = 32

    /// For servers that share a store: what one signed, the others know (HKDF, RFC 5869).
    static func derived(from masterKey: MasterKey) -> [UInt8] {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: masterKey.bytes), info: Data("connectorlog signing key".utf8),
            outputByteCount: byteCount)
        return key.withUnsafeBytes { Array($0) }
    }

    /// Reads the key, or makes it when there is none.
    static func load(from path: String, random: (Int) -> [UInt8]) throws(CommandFailure) -> [UInt8] {
        if let bytes = try SecretFile.read(path) {
            guard bytes.count == byteCount else {
                throw CommandFailure(
                    .configuration,
                    "\(path) is damaged: it has to hold \(byteCount) bytes. Without it a new one is made, "
                        + "and everyone signs in anew")
            }
            return bytes
        }
        let bytes = random(byteCount)
        try SecretFile.create(path, bytes: bytes)
        return bytes
    }
}
