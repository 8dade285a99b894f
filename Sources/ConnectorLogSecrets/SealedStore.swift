package import ConnectorLogCore

/// All that a catalog keeps sealed, to be looked at or sealed anew as a whole.
package struct SealedStore: Sendable {
    private struct Item {
        var place: SealedPlace
        var change: SealedChange.Place
        var sealed: [UInt8]
    }

    private var items: [Item]

    package init(of catalog: any Catalog) async throws(StoreError) {
        self.init(try await catalog.allSecrets(), keys: try await catalog.sealedKeys())
    }

    package init(_ secrets: [SecretRecord], keys: [String: [UInt8]]) {
        items = secrets.map { secret in
            Item(place: secret.place, change: .secret(placeholder: secret.placeholder), sealed: secret.sealedValue)
        }
        for (name, sealed) in keys {
            items.append(Item(place: .key(name: name), change: .key(name: name), sealed: sealed))
        }
    }

    package var isEmpty: Bool { items.isEmpty }
    package var count: Int { items.count }

    /// The master keys that sealed it: one, unless something is damaged. What says no key is left out; opening it tells.
    package var keyIDs: Set<MasterKeyID> {
        Set(items.compactMap { item in try? SecretSeal.keyID(of: item.sealed) })
    }

    /// What puts all of it under another master key. Values and keys stay as they are, and so do placeholders in logs.
    package func resealed(from old: SecretSeal, to new: SecretSeal) throws(SealError) -> [SealedChange] {
        var changes: [SealedChange] = []
        for item in items {
            let value = try old.open(item.sealed, for: item.place)
            changes.append(SealedChange(item.change, old: item.sealed, new: new.seal(value, for: item.place)))
        }
        return changes
    }

    /// What takes all of it away.
    package var removals: [SealedChange] {
        items.map { SealedChange($0.change, old: $0.sealed, new: nil) }
    }
}

extension SecretRecord {
    var place: SealedPlace {
        .secret(team: teamID, connector: connectorIdentifier, placeholder: placeholder)
    }
}
