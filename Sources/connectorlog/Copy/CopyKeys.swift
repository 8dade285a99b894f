import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogServer
import Foundation

/// The master keys of the two stores of a copy.
struct CopyKeys {
    let environment: [String: String]
    let source: CopyEnd
    let target: CopyEnd
    let random: @Sendable (Int) -> [UInt8]

    /// What seals the source's secrets anew for the target; nil where both have one key, or nothing is sealed. Nothing has
    /// been copied when this throws.
    /// - Parameter mayMake: whether a data directory without a key gets one, as at a first start.
    func sealing(of sealed: SealedStore, mayMake: Bool) throws -> (any CopySealing)? {
        if sealed.isEmpty { return nil }
        guard sealed.keyIDs.count == 1, let id = sealed.keyIDs.first else {
            throw CommandFailure(
                .dataError, "the source's secrets are not all sealed with one master key: see connectorlog check")
        }
        let known = try candidates(.from, source)
        let sourceKey = known.first { $0.id == id }
        let targetKey = try candidates(.to, target).first ?? made(mayMake && sourceKey != nil)
        guard let targetKey else {
            throw CommandFailure(
                .configuration,
                "the source's secrets are sealed with master key \(id): put the key of the target's servers, the same or "
                    + "another, into \(CopyEnd.Side.to.variable("MASTER_KEY"))")
        }
        if targetKey.id == id { return nil }
        guard let sourceKey else {
            throw CommandFailure(
                .configuration,
                "the source's secrets are sealed with master key \(id), and the target's key is \(targetKey.id): give "
                    + "the target the same key, or put key \(id) into \(CopyEnd.Side.from.variable("MASTER_KEY")), so that "
                    + "they are sealed anew")
        }
        return Resealing(
            source: SecretSeal(sourceKey, randomBytes: random), target: SecretSeal(targetKey, randomBytes: random))
    }

    /// The best first. For the source any may be the one; for the target the first is.
    private func candidates(_ side: CopyEnd.Side, _ end: CopyEnd) throws(CommandFailure) -> [MasterKey] {
        var keys: [MasterKey] = []
        for name in [side.variable("MASTER_KEY"), Setting.masterKey.environmentName] {
            guard let text = environment[name], !text.isEmpty else { continue }
            guard let key = MasterKey(text: text) else {
                throw CommandFailure(.configuration, "\(name) has to be \(ServeConfiguration.masterKeyForm)")
            }
            keys.append(key)
        }
        if let file = end.masterKeyFile {
            let files = MasterKeySource(file: file, configured: nil)
            for path in [files.file, files.nextFile] {
                if let key = try files.read(path) { keys.append(key) }
            }
        }
        return keys
    }

    private func made(_ mayMake: Bool) throws(CommandFailure) -> MasterKey? {
        guard mayMake, let file = target.masterKeyFile else { return nil }
        return try MasterKeySource.make(file, random: random)
    }
}

private struct Resealing: CopySealing {
    let source: SecretSeal
    let target: SecretSeal

    func resealed(_ item: CopySealedItem) throws(StoreError) -> [UInt8] {
        target.seal(try opened(item, in: .source), for: item.place)
    }

    func opened(_ item: CopySealedItem, in side: CopySide) throws(StoreError) -> [UInt8] {
        do throws(SealError) {
            return try (side == .source ? source : target).open(item.sealed, for: item.place)
        } catch {
            throw StoreError(.damaged, "\(item.name) does not open with its master key", cause: error)
        }
    }
}

extension CopySealedItem {
    fileprivate var place: SealedPlace {
        switch self {
        case .secret(let secret):
            .secret(team: secret.teamID, connector: secret.connectorIdentifier, placeholder: secret.placeholder)
        case .key(let key): .key(name: key.name)
        }
    }

    fileprivate var name: String {
        switch self {
        case .secret(let secret): "secret \(secret.placeholder)"
        case .key(let key): "sealed key \(key.name)"
        }
    }
}
