import ConnectorLogCore
import ConnectorLogServer
import Foundation

/// What an empty store needs before anyone can use it: team 1, and a key for the owner.
///
/// The steps are in an order that a crash between any two of them does not lock the owner out: the key's file is durable
/// before the key is, and the team comes last, so that a first start that was cut short is recognised and taken up again.
struct FirstStart {
    /// Names the key that a setting gives, so that a new value is known to replace it.
    static let settingKeyName = "owner, by CONNECTORLOG_ADMIN_KEY"
    static let ownerKeyName = "owner"
    static let teamName = "default"

    /// How often and at what times a key is looked for that another server has made: it is pushed, or known within 5 s.
    private static let looks = 200
    private static let pause = Duration.milliseconds(50)

    let catalog: any Catalog
    let adminKeyFile: String
    let now: @Sendable () -> Timestamp
    let random: @Sendable (Int) -> [UInt8]
    /// Told what does not stop the start, but somebody should look at.
    let warn: @Sendable (_ message: String) -> Void

    /// Returns the owner's key when it was made just now: it is told once.
    func prepare(adminKey: String?) async throws -> String? {
        let hasTeams = try await !catalog.teams().isEmpty
        var made: String?
        if let adminKey {
            try await establish(adminKey)
        } else if !hasTeams, try await catalog.keys(team: nil).isEmpty {
            made = try await makeOwnerKey()
        }
        if !hasTeams { try await createFirstTeam() }
        return made
    }

    /// A store whose teams were all deleted stays without: their ids are not given again.
    private func createFirstTeam() async throws {
        do {
            _ = try await catalog.createTeam(name: Self.teamName, id: 1, at: now())
        } catch {
            guard error.code == .conflict else { throw error }
        }
    }

    /// Makes the configured key the owner's only key: whatever was generated or configured before it is revoked.
    private func establish(_ text: String) async throws {
        let key = ownerKey(text, name: Self.settingKeyName)
        let known = catalog.key(hash: key.hash)
        guard known?.isOwner ?? true else {
            throw CommandFailure(
                .configuration,
                "\(Setting.adminKey.environmentName) is a key of a team: an owner's key has to be new")
        }
        let id: String
        if let known { id = known.id } else { id = try await create(key) }
        for other in try await catalog.keys(team: nil) where other.id != id {
            _ = try await catalog.revokeKey(team: nil, id: other.id)
        }
        removeStaleFile()
    }

    /// Returns the id of the configured key: of servers that start at once on one store, one makes it, and the others hear of it.
    private func create(_ key: IssuedKey) async throws -> String {
        do {
            try await catalog.createKey(key.record, hash: key.hash)
            return key.record.id
        } catch {
            guard error.code == .conflict else { throw error }
            for _ in 0..<Self.looks {
                if let known = catalog.key(hash: key.hash), known.isOwner { return known.id }
                try await Task.sleep(for: Self.pause)
            }
            throw error
        }
    }

    /// The file of a key that is the owner's no longer would only mislead. It is not needed either: the key is configured.
    private func removeStaleFile() {
        let bytes: [UInt8]
        do {
            guard let read = try SecretFile.read(adminKeyFile) else { return }
            bytes = read
        } catch {
            return warn("the key in admin-key may be out of use: \(error.message)")
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard catalog.key(hash: ownerKey(text, name: "").hash)?.isOwner != true else { return }
        do {
            try FileManager.default.removeItem(atPath: adminKeyFile)
        } catch {
            warn("the key in admin-key is out of use, but the file cannot be removed: \(adminKeyFile)")
        }
    }

    private func makeOwnerKey() async throws -> String {
        let text: String
        if let bytes = try SecretFile.read(adminKeyFile) {
            // Written by a first start that was cut short before the key was stored.
            text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard ServeConfiguration.isAdminKey(text) else {
                throw CommandFailure(
                    .configuration, "\(adminKeyFile) holds no key, and the store has none either: remove that file")
            }
        } else {
            text = makeKey(name: Self.ownerKeyName).text
            try SecretFile.create(adminKeyFile, bytes: Array((text + "\n").utf8))
        }
        let key = ownerKey(text, name: Self.ownerKeyName)
        try await catalog.createKey(key.record, hash: key.hash)
        return text
    }

    private func makeKey(name: String) -> IssuedKey {
        IssuedKey.make(name: name, role: .admin, teamID: nil, expiresAt: nil, at: now(), randomBytes: random)
    }

    /// The record of an owner's key whose text is given; the id is as new as that of a made one.
    private func ownerKey(_ text: String, name: String) -> IssuedKey {
        IssuedKey(text: text, id: makeKey(name: name).record.id, name: name, role: .admin, teamID: nil, at: now())
    }
}

extension CommandFailure {
    /// What a store's failure means for the program. The store's texts name places in the store, never contents.
    init(_ error: StoreError) {
        let status: ExitReason =
            switch error.code {
            case .overloaded, .closed: .temporaryFailure
            case .conflict, .idempotencyMismatch: .internalError
            case .damaged: .dataError
            case .newer, .unfinished: .configuration
            case .missing: .noInput
            case .full, .failed: .ioError
            }
        // These say what to do, and nothing failed.
        let isAdvice = error.code == .newer || error.code == .unfinished
        self.init(status, isAdvice ? error.message : "the store failed: \(error.code.rawValue): \(error.message)")
    }
}
