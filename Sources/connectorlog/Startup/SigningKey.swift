/// The 32 random bytes that sign cursors and sessions. Kept with the store: both outlive a restart.
enum SigningKey {
    static let byteCount = 32

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
