import ConnectorLogBlockStore
import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import connectorlog

@Suite struct MasterKeyTests {
    private let random = ServerDependencies.systemRandomBytes
    private let directory: TemporaryDirectory
    private let catalog: InMemoryStore
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
        catalog = InMemoryStore(clock: clock)
    }

    private func source(_ configured: MasterKey? = nil) -> MasterKeySource {
        MasterKeySource(file: directory.path + "/master-key", configured: configured)
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: directory.path + "/" + name)
    }

    /// What a start does; returns the secrets that it finds.
    @discardableResult
    private func start(_ configured: MasterKey? = nil) async throws -> (vault: SecretVault, key: MasterKey) {
        let key = try source(configured).load(for: try await SealedStore(of: catalog), random: random)
        return (try await SecretVault.open(catalog: catalog, masterKey: key, randomBytes: random), key)
    }

    private func addSecret(to vault: SecretVault) async throws {
        _ = try await catalog.createTeam(name: "Team", id: 1, at: clock.now)
        _ = try await vault.createSecret(
            name: "n", value: "a-secret-value", ignoresCase: false, team: 1, connector: nil, at: clock.now)
    }

    private func refusal(_ configured: MasterKey? = nil) async throws -> String {
        do {
            _ = try await start(configured)
        } catch let failure as CommandFailure {
            #expect(failure.status == .configuration)
            return failure.message
        }
        Issue.record("started")
        return ""
    }

    // MARK: - Starting

    @Test func firstStartMakesAKeyThatOnlyItsOwnerMayRead() async throws {
        let first = try await start()
        #expect(try directory.mode(of: "master-key") == 0o600)
        let text = try String(contentsOfFile: directory.path + "/master-key", encoding: .utf8)
        #expect(text.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        #expect(try await start().key.id == first.key.id)
        #expect(try await SealedStore(of: catalog).keyIDs == [first.key.id])
    }

    @Test func aConfiguredKeyIsNotSaved() async throws {
        let key = try #require(MasterKey(bytes: random(32)))
        try await start(key)
        #expect(!exists("master-key"))
        #expect(try await start(key).key.id == key.id)
    }

    @Test func refusesToStartWithoutTheKeyThatFits() async throws {
        let first = try await start()
        try await addSecret(to: first.vault)
        let other = try #require(MasterKey(bytes: random(32)))
        // The file fits, the setting does not.
        let message = try await refusal(other)
        #expect(message.contains("unset CONNECTORLOG_MASTER_KEY"))
        #expect(message.contains(first.key.id.description) && message.contains(other.id.description))
        #expect(message.contains(directory.path + "/master-key"))
        // Neither does.
        unlink(directory.path + "/master-key")
        for configured in [nil, other] {
            let message = try await refusal(configured)
            #expect(message.contains(first.key.id.description))
            #expect(message.contains("discard-secrets"))
        }
        #expect(!exists("master-key"), "a key that fits nothing was made")
        _ = try MasterKeySource.make(directory.path + "/master-key", random: random)
        #expect(try await refusal().contains(first.key.id.description))
        // Given where it was lost, it fits.
        #expect(try await start(first.key).key.id == first.key.id)
    }

    @Test(arguments: ["", "no key", String(repeating: "0", count: 62), String(repeating: "0", count: 5000)])
    func refusesAFileThatHoldsNoKey(_ text: String) async throws {
        _ = try directory.write(text, to: "master-key")
        let message = try await refusal()
        #expect(message.contains("master-key is damaged"))
    }

    @Test func settingHasToBeAKey() async throws {
        for text in ["x", String(repeating: "0", count: 63)] {
            await #expect(throws: CommandFailure.self) {
                try await ServeConfiguration.load(
                    from: SettingSources(flags: [:], environment: ["CONNECTORLOG_MASTER_KEY": text]))
            }
        }
        let hex = String(repeating: "5a", count: 32)
        let configuration = try await ServeConfiguration.load(
            from: SettingSources(flags: [:], environment: ["CONNECTORLOG_MASTER_KEY": hex]))
        #expect(configuration.masterKey?.bytes == Array(repeating: 0x5a, count: 32))
        #expect(!"\(configuration)".contains("90, 90") && !"\(configuration)".contains(hex))
    }

    // MARK: - Another key

    private struct Crash: Error {}

    private func rotation(crashingAt crash: MasterKeyRotation.Step? = nil) -> MasterKeyRotation {
        MasterKeyRotation(catalog: catalog, random: random) { if $0 == crash { throw Crash() } }
    }

    @Test func rotationSealsEverythingWithANewKey() async throws {
        let first = try await start()
        try await addSecret(to: first.vault)
        let id = try await rotation().rotateFile(source())
        #expect(id != first.key.id)
        #expect(try await SealedStore(of: catalog).keyIDs == [id])
        #expect(!exists("master-key.new"))
        #expect(try directory.mode(of: "master-key") == 0o600)
        #expect(try await start().key.id == id)
        #expect(try await catalog.allSecrets().count == 1)
    }

    /// Wherever it is cut short, the next start finds the key that fits, and the next rotation goes through.
    @Test(arguments: MasterKeyRotation.Step.allCases)
    func aRotationThatIsCutShortLocksNobodyOut(_ step: MasterKeyRotation.Step) async throws {
        let first = try await start()
        try await addSecret(to: first.vault)
        await #expect(throws: Crash.self) { try await rotation(crashingAt: step).rotateFile(source()) }
        let again = try await start()
        #expect((again.key.id == first.key.id) == (step == .keyWritten))
        #expect(!exists("master-key.new"), "the other file was left")
        #expect(try await SealedStore(of: catalog).keyIDs == [again.key.id])
        await #expect(throws: Crash.self) { try await rotation(crashingAt: step).rotateFile(source()) }
        let id = try await rotation().rotateFile(source())
        #expect(try await start().key.id == id)
    }

    @Test func rotatesKeysThatAreGiven() async throws {
        let keys = try (0..<3).map { _ in try #require(MasterKey(bytes: random(32))) }
        let first = try await start(keys[0])
        try await addSecret(to: first.vault)
        try await rotation().rotate(from: keys[0], to: keys[1])
        // Again: it is done already.
        try await rotation().rotate(from: keys[0], to: keys[1])
        #expect(try await start(keys[1]).key.id == keys[1].id)
        await #expect(throws: CommandFailure.self) { try await rotation().rotate(from: keys[0], to: keys[2]) }
        #expect(try await start(keys[1]).key.id == keys[1].id)
    }

    // MARK: - The command, on a store on the disk

    private func makeStore(_ path: String) async throws -> MasterKeyID {
        let now = clock.source
        let store = try await BlockStore.open(
            directory: path, now: now, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let file = MasterKeySource(file: path + "/master-key", configured: nil)
        let key = try file.load(for: try await SealedStore(of: store), random: random)
        let vault = try await SecretVault.open(catalog: store, masterKey: key, randomBytes: random)
        if try await store.teams().isEmpty {
            _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
            _ = try await vault.createSecret(
                name: "n", value: "a-secret-value", ignoresCase: false, team: 1, connector: nil, at: clock.now)
        }
        try await store.close()
        return key.id
    }

    @Test func rotatesTheKeyOfAStoreOnTheDisk() async throws {
        let data = directory.path + "/data"
        let first = try await makeStore(data)
        let database = try Data(contentsOf: URL(filePath: data + "/connectorlog.sqlite"))
        #expect(database.range(of: Data("a-secret-value".utf8)) == nil)
        let run = await CommandLineRun.run(["store", "rotate-master-key", "--data", data], environment: [:])
        #expect(run.status == .success, "\(run.error)")
        let second = try await makeStore(data)
        #expect(second != first)
        #expect(run.output == "sealed with master key \(second)\n")

        let old = try String(contentsOfFile: data + "/master-key", encoding: .utf8)
        let new = String(repeating: "7", count: 64)
        let given = await CommandLineRun.run(
            ["store", "rotate-master-key", "--data", data],
            environment: [
                "CONNECTORLOG_MASTER_KEY": old.trimmingCharacters(in: .newlines), "CONNECTORLOG_NEW_MASTER_KEY": new,
            ])
        #expect(given.status == .success, "\(given.error)")
        #expect(!given.output.contains(new) && !given.error.contains(new))
        await #expect(throws: CommandFailure.self) { try await makeStore(data) }
        let discarded = await CommandLineRun.run(
            ["store", "discard-secrets", "--yes", "--data", data], environment: [:])
        #expect(discarded.output == "discarded 1 secrets\n")
        #expect(try await makeStore(data) == second)
    }

    @Test func asksForBothKeysOrNone() async throws {
        let data = directory.path + "/data"
        _ = try await makeStore(data)
        let key = String(repeating: "7", count: 64)
        let environments = [
            ["CONNECTORLOG_MASTER_KEY": key], ["CONNECTORLOG_NEW_MASTER_KEY": key],
            ["CONNECTORLOG_MASTER_KEY": "x", "CONNECTORLOG_NEW_MASTER_KEY": key],
            ["CONNECTORLOG_MASTER_KEY": key, "CONNECTORLOG_NEW_MASTER_KEY": key],
        ]
        for environment in environments {
            let run = await CommandLineRun.run(
                ["store", "rotate-master-key", "--data", data], environment: environment)
            #expect(run.status == .configuration)
            #expect(!run.error.contains(key))
        }
    }

    @Test func worksOnNoStoreThatIsMissingOrInUse() async throws {
        let none = await CommandLineRun.run(
            ["store", "rotate-master-key", "--data", directory.path + "/none"], environment: [:])
        #expect(none.status == .noInput)
        #expect(!exists("none"))
        let data = directory.path + "/data"
        _ = try await makeStore(data)
        let held = try DataDirectory(path: data)
        for arguments in [["rotate-master-key"], ["discard-secrets", "--yes"]] {
            let run = await CommandLineRun.run(["store"] + arguments + ["--data", data], environment: [:])
            #expect(run.status == .temporaryFailure)
        }
        held.release()
        let unsure = await CommandLineRun.run(["store", "discard-secrets", "--data", data], environment: [:])
        #expect(unsure.status == .usage)
    }
}
