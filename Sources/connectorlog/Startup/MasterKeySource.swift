import ConnectorLogCore
import ConnectorLogSecrets
import Foundation

/// Where the master key comes from: the setting, else the file `master-key` in the data directory, which the first start
/// makes. What the store keeps sealed says which key fits; a key that does not is never put to use.
///
/// While the key is changed (`MasterKeyRotation`) there are two files. A crash may leave both: the one that fits is the
/// key, since all that is sealed changes in one transaction.
struct MasterKeySource {
    let file: String
    /// The setting's.
    let configured: MasterKey?

    /// Where the next key waits until everything is sealed with it.
    var nextFile: String { file + ".new" }

    init(file: String, configured: MasterKey?) {
        (self.file, self.configured) = (file, configured)
    }

    /// The key that fits `sealed`; a new one when nothing is sealed yet.
    func load(for sealed: SealedStore, random: (Int) -> [UInt8]) throws(CommandFailure) -> MasterKey {
        if let configured { return try check(configured, for: sealed) }
        let (current, next) = (try read(file), try read(nextFile))
        if sealed.isEmpty {
            if let current {
                removeNext()
                return current
            }
            return try Self.make(file, random: random)
        }
        if let current, sealed.keyIDs.contains(current.id) || sealed.keyIDs.isEmpty {
            // A rotation that was cut short before the store changed.
            removeNext()
            return current
        }
        if let next, sealed.keyIDs.contains(next.id) {
            // One that was cut short after it.
            try promoteNext()
            return next
        }
        throw refusal(sealed, given: current.map { "\(file) holds key \($0.id)" } ?? "there is no \(file)")
    }

    /// The key that fits `sealed`, for who only reads: makes no file and moves none.
    func find(for sealed: SealedStore) throws(CommandFailure) -> MasterKey {
        if let configured { return try check(configured, for: sealed) }
        let current = try read(file)
        for key in [current, try read(nextFile)] {
            if let key, sealed.keyIDs.contains(key.id) { return key }
        }
        throw refusal(sealed, given: current.map { "\(file) holds key \($0.id)" } ?? "there is no \(file)")
    }

    private func check(_ configured: MasterKey, for sealed: SealedStore) throws(CommandFailure) -> MasterKey {
        if sealed.isEmpty || sealed.keyIDs.isEmpty || sealed.keyIDs.contains(configured.id) { return configured }
        let name = Setting.masterKey.environmentName
        for other in [file, nextFile] {
            guard let key = try? read(other), sealed.keyIDs.contains(key.id) else { continue }
            throw CommandFailure(
                .configuration,
                "\(name) is key \(configured.id), but the store's secrets are sealed with key \(key.id), which is in "
                    + "\(other): unset \(name), or set it to that key")
        }
        throw refusal(sealed, given: "\(name) is key \(configured.id)")
    }

    private func refusal(_ sealed: SealedStore, given: String) -> CommandFailure {
        let ids = sealed.keyIDs.map(\.description).sorted().joined(separator: ", ")
        return CommandFailure(
            .configuration,
            "the store's secrets are sealed with master key \(ids.isEmpty ? "unknown" : ids), and \(given). Put that key "
                + "into \(file) or \(Setting.masterKey.environmentName), and start again; if it is lost, "
                + "connectorlog store discard-secrets lets the server start without the secrets, which then have to be "
                + "registered anew")
    }

    /// Nil when there is no such file.
    func read(_ path: String) throws(CommandFailure) -> MasterKey? {
        guard let bytes = try SecretFile.read(path) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let key = MasterKey(text: text) else {
            throw CommandFailure(
                .configuration,
                "\(path) is damaged: it has to hold 64 hexadecimal digits. Put the master key of this store there again"
            )
        }
        return key
    }

    /// Makes the file with a new key, durable before anything is sealed with it.
    static func make(_ path: String, random: (Int) -> [UInt8]) throws(CommandFailure) -> MasterKey {
        guard let key = MasterKey(bytes: random(MasterKey.byteCount)) else {
            throw CommandFailure(.internalError, "there are no random bytes")
        }
        let digits = key.bytes.hexadecimal
        try SecretFile.create(path, bytes: Array((digits + "\n").utf8))
        return key
    }

    /// Puts the next key in the place of the current one.
    func promoteNext() throws(CommandFailure) {
        guard rename(nextFile, file) == 0 else { throw CommandFailure(.ioError, "cannot make \(file)") }
        try SecretFile.syncDirectory(of: file)
    }

    private func removeNext() { unlink(nextFile) }
}

extension CommandFailure {
    init(_ error: VaultOpeningError) {
        switch error {
        case .store(let error): self.init(error)
        case .wrongKey(let sealedWith, let given):
            self.init(
                .configuration,
                "something in the store is sealed with master key \(sealedWith), not \(given) like the rest: restore a "
                    + "backup, or run connectorlog check")
        case .damaged(let what):
            self.init(
                .dataError,
                "\(what) is damaged, and without it secrets would be stored: restore a backup, or use "
                    + "connectorlog store discard-secrets and register the secrets anew")
        case .newer(let what):
            self.init(.configuration, "\(what) was sealed by a newer version of connectorlog: use that version")
        case .rules(let team, let error):
            self.init(
                .configuration,
                "the redaction rules of team \(team) cannot be used (\(error.field) \(error.message)): use the version "
                    + "of connectorlog that they were set with, and change them there")
        }
    }
}
