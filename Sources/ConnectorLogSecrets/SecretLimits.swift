/// What a secret may be. Texts are counted in Unicode scalars.
package enum SecretLimits {
    package static let name = 1...255
    package static let value = 1...10_000
    /// A shorter value would be found in much that is no secret; bytes of UTF-8, blanks left out.
    package static let leastValueBytes = 4
    /// Of one connector, and of one team for itself.
    package static let perOwner = 100

    static func holds(_ value: String) -> Bool {
        self.value.contains(value.unicodeScalars.count) && value.utf8.count { $0 > 0x20 } >= leastValueBytes
    }
}
