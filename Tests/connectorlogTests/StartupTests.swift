import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Synchronization
import Testing

@testable import connectorlog

@Suite struct StartupTests {
    private let now: @Sendable () -> Timestamp = { Timestamp(microseconds: 1_700_000_000_000_000) }
    private let random = ServerDependencies.systemRandomBytes

    private func firstStart(
        _ catalog: any Catalog, in directory: TemporaryDirectory,
        warn: @escaping @Sendable (String) -> Void = { Issue.record("warned: \($0)") }
    ) -> FirstStart {
        FirstStart(catalog: catalog, adminKeyFile: directory.path + "/admin-key", now: now, random: random, warn: warn)
    }

    private func hash(_ text: String) -> [UInt8] {
        IssuedKey(text: text, id: "key_x", name: "", role: .admin, teamID: nil, at: now()).hash
    }

    // MARK: The owner's key

    @Test func firstStartMakesTeamAndOwnersKeyThatOnlyItsOwnerMayRead() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        let told = try #require(try await firstStart(store, in: directory).prepare(adminKey: nil))
        #expect(ServeConfiguration.isAdminKey(told))
        #expect(try await store.teams().map { "\($0.id) \($0.name)" } == ["1 default"])
        #expect(store.key(hash: hash(told))?.isOwner == true)
        #expect(try String(contentsOfFile: directory.path + "/admin-key", encoding: .utf8) == told + "\n")
        #expect(try directory.mode(of: "admin-key") == 0o600)
    }

    @Test func laterStartsMakeNothing() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        _ = try await firstStart(store, in: directory).prepare(adminKey: nil)
        #expect(try await firstStart(store, in: directory).prepare(adminKey: nil) == nil)
        #expect(try await store.keys(team: nil).count == 1)
        #expect(try await store.teams().count == 1)
    }

    @Test func firstStartCutShortBehindTheFileIsTakenUpAgain() async throws {
        let directory = try TemporaryDirectory()
        let key = "clk_" + String(repeating: "k", count: 40)
        try SecretFile.create(directory.path + "/admin-key", bytes: Array((key + "\n").utf8))
        let store = InMemoryStore(now: now)
        #expect(try await firstStart(store, in: directory).prepare(adminKey: nil) == key)
        #expect(store.key(hash: hash(key))?.isOwner == true)
    }

    @Test func revokedOwnersKeyStaysRevokedThoughItsFileIsThere() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        let told = try #require(try await firstStart(store, in: directory).prepare(adminKey: nil))
        let id = try #require(store.key(hash: hash(told))?.id)
        #expect(try await store.revokeKey(team: nil, id: id))
        #expect(try await firstStart(store, in: directory).prepare(adminKey: nil) == nil)
        #expect(store.key(hash: hash(told)) == nil)
    }

    @Test func configuredKeyIsNeitherMadeNorSaved() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        let key = "clk_" + String(repeating: "c", count: 32)
        #expect(try await firstStart(store, in: directory).prepare(adminKey: key) == nil)
        #expect(store.key(hash: hash(key))?.isOwner == true)
        #expect(try await store.keys(team: nil).count == 1)
        #expect(try await store.teams().map(\.id) == [1])
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/admin-key"))
    }

    /// A crash between the revocation of a generated key and the removal of its file is made up for.
    @Test func theFileOfAKeyThatIsNoLongerTheOwnersGoes() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/admin-key"
        let store = InMemoryStore(now: now)
        let key = "clk_" + String(repeating: "c", count: 32)
        _ = try await firstStart(store, in: directory).prepare(adminKey: key)
        try SecretFile.create(file, bytes: Array(("clk_" + String(repeating: "o", count: 40) + "\n").utf8))
        _ = try await firstStart(store, in: directory).prepare(adminKey: key)
        #expect(!FileManager.default.fileExists(atPath: file))
        try SecretFile.create(file, bytes: Array((key + "\n").utf8))
        _ = try await firstStart(store, in: directory).prepare(adminKey: key)
        #expect(FileManager.default.fileExists(atPath: file))
    }

    /// With a configured key nobody needs the file.
    @Test func aKeysFileThatCannotBeReadDoesNotStopAStartWithAConfiguredKey() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/admin-key"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let store = InMemoryStore(now: now)
        let key = "clk_" + String(repeating: "c", count: 32)
        let warnings = Mutex<[String]>([])
        let start = firstStart(store, in: directory) { warning in warnings.withLock { $0.append(warning) } }
        #expect(try await start.prepare(adminKey: key) == nil)
        #expect(store.key(hash: hash(key))?.isOwner == true)
        #expect(try await store.teams().count == 1)
        #expect(warnings.withLock { $0 } == ["the key in admin-key may be out of use: cannot read \(path)"])
        #expect(FileManager.default.fileExists(atPath: path))
        // Without one it is.
        await #expect(throws: CommandFailure.self) {
            try await firstStart(InMemoryStore(now: now), in: directory).prepare(adminKey: nil)
        }
    }

    @Test func aStoreWhoseTeamsWereAllDeletedStartsAgain() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        _ = try await firstStart(store, in: directory).prepare(adminKey: nil)
        #expect(try await store.deleteTeam(id: 1))
        _ = try await firstStart(store, in: directory).prepare(adminKey: nil)
        #expect(try await store.teams().isEmpty)
    }

    /// A key that leaked is out of use as soon as another is configured.
    @Test func aConfiguredKeyReplacesEveryOwnersKeyBeforeIt() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        let made = try #require(try await firstStart(store, in: directory).prepare(adminKey: nil))
        let first = "clk_" + String(repeating: "1", count: 32)
        let second = "clk_" + String(repeating: "2", count: 32)
        for key in [first, first, second] { _ = try await firstStart(store, in: directory).prepare(adminKey: key) }
        #expect(store.key(hash: hash(first)) == nil)
        #expect(store.key(hash: hash(second))?.isOwner == true)
        #expect(store.key(hash: hash(made)) == nil)
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/admin-key"))
    }

    /// Another server made the key a moment before, and this one has not heard of it yet: it must not revoke it either.
    @Test func aConfiguredKeyThatAnotherServerHasJustMadeStays() async throws {
        let directory = try TemporaryDirectory()
        let catalog = LateCatalog(store: InMemoryStore(now: now))
        let key = "clk_" + String(repeating: "1", count: 32)
        _ = try await firstStart(catalog.store, in: directory).prepare(adminKey: key)
        _ = try await firstStart(catalog, in: directory).prepare(adminKey: key)
        #expect(try await catalog.keys(team: nil).count == 1)
        #expect(catalog.store.key(hash: hash(key))?.isOwner == true)
    }

    @Test func keyOfATeamDoesNotBecomeTheOwners() async throws {
        let directory = try TemporaryDirectory()
        let store = InMemoryStore(now: now)
        _ = try await firstStart(store, in: directory).prepare(adminKey: nil)
        let key = "clk_" + String(repeating: "t", count: 32)
        let issued = IssuedKey(text: key, id: "key_t", name: "t", role: .viewer, teamID: 1, at: now())
        try await store.createKey(issued.record, hash: issued.hash)
        await #expect(throws: CommandFailure.self) {
            try await firstStart(store, in: directory).prepare(adminKey: key)
        }
    }

    // MARK: Files

    @Test func signingKeyIsMadeOnceAndKept() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/signing-key"
        let made = try SigningKey.load(from: path, random: random)
        #expect(made.count == 32)
        #expect(try SigningKey.load(from: path, random: random) == made)
        #expect(try directory.mode(of: "signing-key") == 0o600)
    }

    @Test func damagedSigningKeyIsNotReplaced() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("short", to: "signing-key")
        let failure = try #require(throws: CommandFailure.self) { try SigningKey.load(from: path, random: random) }
        #expect(failure.status == .configuration)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "short")
    }

    @Test func secretFileIsNeverReplacedAndLeavesNoDraft() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/secret"
        try SecretFile.create(path, bytes: [1, 2, 3])
        #expect(throws: CommandFailure.self) { try SecretFile.create(path, bytes: [4]) }
        #expect(try SecretFile.read(path) == [1, 2, 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["secret"])
    }

    @Test func draftOfADeadProcessIsNoObstacle() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("half", to: "secret.new")
        try SecretFile.create(directory.path + "/secret", bytes: [1])
        #expect(try SecretFile.read(directory.path + "/secret") == [1])
    }

    // MARK: The directory

    @Test func directoryIsHeldByOneAtATime() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/deep/data"
        let first = try DataDirectory(path: path)
        #expect(try parent.mode(of: "deep/data") == 0o700)
        let failure = try #require(throws: CommandFailure.self) { _ = try DataDirectory(path: path) }
        #expect(failure.status == .temporaryFailure)
        #expect(failure.message.contains("in use"))
        first.release()
        let second = try DataDirectory(path: path)
        second.release()
    }

    @Test func fileInPlaceOfTheDirectoryIsAnIOError() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: "data")
        let failure = try #require(throws: CommandFailure.self) { _ = try DataDirectory(path: file) }
        #expect(failure.status == .ioError)
    }
}

/// Hears of keys that others made when it is asked for the third time.
private final class LateCatalog: ForwardingCatalog {
    let store: InMemoryStore
    private let asked = Mutex(0)

    init(store: InMemoryStore) { self.store = store }

    func key(hash: [UInt8]) -> APIKey? {
        let count = asked.withLock { asked in
            asked += 1
            return asked
        }
        return count < 3 ? nil : store.key(hash: hash)
    }
}
