import ConnectorLogCore
import Crypto

/// Makes the names of parts of calls out of what senders call them: HMAC-SHA256 (RFC 2104) under the server's key, of which
/// the first bytes tell nothing.
struct PendingNames: Sendable {
    enum What: UInt8 {
        case call = 1
        case event = 2
    }

    private let prepared: HMAC<SHA256>

    /// - Parameter key: 32 bytes that only the server knows.
    init(key: [UInt8]) {
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: key), info: Array("connectorlog pending parts 1".utf8),
            outputByteCount: 32)
        prepared = HMAC(key: derived)
    }

    /// - Parameter texts: one after another; the length of each keeps them apart.
    func name(_ what: What, _ team: Int64, _ texts: [UInt8]...) -> [UInt8] {
        var code = prepared
        code.update(data: [what.rawValue])
        withUnsafeBytes(of: team.littleEndian) { code.update(data: $0) }
        for text in texts {
            withUnsafeBytes(of: UInt64(text.count).littleEndian) { code.update(data: $0) }
            code.update(data: text)
        }
        return Array(code.finalize().prefix(PendingPart.Key.byteCount))
    }
}
