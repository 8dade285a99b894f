import Crypto
import Foundation

/// A self-signed certificate (RFC 5280) with a key that is made for the test and forgotten with it.
package struct TestCertificate {
    package let pem: String
    package let privateKeyPEM: String

    package static func make(host: String) throws -> TestCertificate {
        let key = P256.Signing.PrivateKey()
        // ecdsa-with-SHA256 (RFC 5758).
        let algorithm = sequence([objectID([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])])
        let commonName = sequence([objectID([0x55, 0x04, 0x03]), value(0x0C, Array(host.utf8))])
        let name = sequence([value(0x31, commonName)])
        let validity = sequence([value(0x17, Array("250101000000Z".utf8)), value(0x17, Array("490101000000Z".utf8))])
        let alternativeName = sequence([
            objectID([0x55, 0x1D, 0x11]), value(0x04, sequence([value(0x82, Array(host.utf8))])),
        ])
        let extensions = value(0xA3, sequence([alternativeName]))
        let content = sequence([
            value(0xA0, value(0x02, [2])), value(0x02, [1]), algorithm, name, validity, name,
            Array(key.publicKey.derRepresentation), extensions,
        ])
        let signature = Array(try key.signature(for: Data(content)).derRepresentation)
        let certificate = sequence([content, algorithm, value(0x03, [0] + signature)])
        let base64 = Data(certificate).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return TestCertificate(
            pem: "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n",
            privateKeyPEM: key.pemRepresentation + "\n")
    }

    // MARK: - DER (ITU-T X.690)

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<0x80: [tag, UInt8(content.count)] + content
        case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
    }

    private static func sequence(_ parts: [[UInt8]]) -> [UInt8] {
        value(0x30, parts.flatMap { $0 })
    }

    private static func objectID(_ bytes: [UInt8]) -> [UInt8] {
        value(0x06, bytes)
    }
}
