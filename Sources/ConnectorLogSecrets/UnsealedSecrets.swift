package import ConnectorLogCore

/// All secrets of a store in the clear, to look for them in what is stored. For commands; a server has its `SecretVault`.
package struct UnsealedSecrets: Sendable {
    package struct Item: Sendable {
        package var record: SecretRecord
        package var known: KnownSecret
        /// What stands for it in logs.
        package var placeholder: Placeholder
    }

    package let items: [Item]

    /// - Parameter keys: what the catalog keeps beside secrets, sealed as well.
    /// - Throws: when anything does not open: it would not be looked for.
    package init(
        _ secrets: [SecretRecord], keys: [String: [UInt8]], masterKey: MasterKey
    ) throws(VaultOpeningError) {
        // Nothing is sealed here, so that nothing random is wanted.
        let seal = SecretSeal(masterKey, randomBytes: { _ in [] })
        func open(_ sealed: [UInt8], _ place: SealedPlace, what: String) throws(VaultOpeningError) -> [UInt8] {
            do throws(SealError) {
                return try seal.open(sealed, for: place)
            } catch {
                throw VaultOpeningError(error, what: what, given: seal.keyID)
            }
        }
        let name = SecretVault.placeholderKeyName
        let placeholderKey = try open(keys[name] ?? [], .key(name: name), what: "the key of placeholders")
        var items: [Item] = []
        for record in secrets {
            let value = try open(record.sealedValue, record.place, what: "secret \(record.placeholder)")
            let placeholders = Placeholders(key: placeholderKey, team: record.teamID)
            items.append(
                Item(
                    record: record, known: KnownSecret(value: value, ignoresCase: record.ignoresCase),
                    placeholder: value.withUnsafeBytes { placeholders.placeholder(for: $0) }))
        }
        self.items = items
    }
}
