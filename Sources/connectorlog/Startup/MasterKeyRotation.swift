import ConnectorLogCore
import ConnectorLogSecrets

/// Puts everything that is sealed under another master key. The server must not run.
///
/// With files: the next key is made durable in `master-key.new`, everything is sealed anew in one transaction, and the file
/// is renamed over `master-key`. Wherever a crash falls, one of the two files fits the store, and `MasterKeySource` takes it.
struct MasterKeyRotation {
    enum Step: CaseIterable, Sendable {
        case keyWritten, sealed, renamed
    }

    let catalog: any Catalog
    let random: @Sendable (Int) -> [UInt8]
    /// Told when a step is durable; throws in tests, as a crash there.
    var reached: (Step) throws -> Void = { _ in }

    /// Returns the new key's id.
    func rotateFile(_ source: MasterKeySource) async throws -> MasterKeyID {
        let sealed = try await SealedStore(of: catalog)
        let old = try source.load(for: sealed, random: random)
        let new = try MasterKeySource.make(source.nextFile, random: random)
        try reached(.keyWritten)
        try await reseal(sealed, from: old, to: new)
        try reached(.sealed)
        try source.promoteNext()
        try reached(.renamed)
        return new.id
    }

    /// For keys that are given: nothing is written but the store. Done twice, the second time changes nothing.
    func rotate(from old: MasterKey, to new: MasterKey) async throws {
        let sealed = try await SealedStore(of: catalog)
        if sealed.keyIDs == [new.id] { return }
        try await reseal(sealed, from: old, to: new)
        try reached(.sealed)
    }

    private func reseal(_ sealed: SealedStore, from old: MasterKey, to new: MasterKey) async throws {
        let changes: [SealedChange]
        do {
            changes = try sealed.resealed(
                from: SecretSeal(old, randomBytes: random), to: SecretSeal(new, randomBytes: random))
        } catch .wrongKey(let sealedWith) {
            throw CommandFailure(
                .configuration,
                "the store's secrets are sealed with master key \(sealedWith), and the key that was given is \(old.id)")
        } catch .newer {
            throw CommandFailure(.configuration, "the store's secrets were sealed by a newer version of connectorlog")
        } catch .damaged {
            throw CommandFailure(.dataError, "a sealed secret is damaged: nothing was changed")
        }
        try await catalog.replaceSealed(changes)
    }
}
