import ConnectorLogCore
import Crypto
import Foundation

/// The 32 bytes that everything sealed rests on. They never enter the store, nor a description.
package struct MasterKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let byteCount = 32

    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// As people write it: 64 hexadecimal digits, or 32 bytes in base64 (RFC 4648, section 4), padded or not.
    package init?(text: String) {
        if text.utf8.count == 2 * Self.byteCount, text.utf8.allSatisfy({ Self.digit($0) != nil }) {
            let digits = text.utf8.compactMap(Self.digit)
            self.init(bytes: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
        } else {
            let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            guard let data = Data(base64Encoded: text + padding) else { return nil }
            self.init(bytes: Array(data))
        }
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Names the key in what it sealed, and tells nothing of it.
    package var id: MasterKeyID {
        let id = derived("connectorlog master key id 1", count: MasterKeyID.byteCount)
        return MasterKeyID(bytes: id.withUnsafeBytes(Array.init))
    }

    /// A key for one purpose (HKDF, RFC 5869): what is learnt of one tells nothing of the others.
    func derived(_ purpose: String, count: Int = 32) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: bytes), info: Array(purpose.utf8), outputByteCount: count)
    }

    package var description: String { "MasterKey \(id)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Eight bytes that tell which master key sealed something; shown as 16 hexadecimal digits.
package struct MasterKeyID: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 8

    package let bytes: [UInt8]

    package var description: String { bytes.hexadecimal }
}
