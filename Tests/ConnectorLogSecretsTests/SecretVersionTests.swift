import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogSecrets

/// What a batch says of the secrets by which it was redacted, where several servers have one catalog.
@Suite struct SecretVersionTests {
    private let catalog = CountingCatalog()
    private let clock = ManualClock()

    init() async throws {
        for id in [1, 2] as [Int64] { _ = try await catalog.createTeam(name: "T", id: id, at: clock.now) }
    }

    private func open() async throws -> SecretVault {
        try await SecretVault.open(
            catalog: catalog, masterKey: .test(1), randomBytes: seededBytes(UInt64.random(in: 0...9999)))
    }

    private func create(_ name: String, in vault: SecretVault, team: Int64 = 1) async throws -> SecretRecord {
        try await vault.createSecret(
            name: name, value: "the value of \(name)", ignoresCase: false, team: team, connector: nil, at: clock.now)
    }

    private func versions(_ vault: SecretVault) -> [Int64: Int64] {
        var builder = RedactingBatchBuilder(book: vault.book)
        for team in [1, 2] as [Int64] { builder.append(SampleEntry(team: team, at: clock.now, connector: "crm")) }
        return builder.finish().secretVersions
    }

    @Test func aServerKnowsItsOwnChangesAtOnceAndOthersWhenItHasReadThem() async throws {
        let (own, other) = (try await open(), try await open())
        #expect(versions(own) == [1: 0, 2: 0])
        _ = try await create("a", in: own)
        #expect(versions(own) == [1: 1, 2: 0] && versions(other) == [1: 0, 2: 0])
        // Between what the other knows and its own change lies one that it does not know.
        _ = try await create("b", in: other)
        #expect(versions(other) == [1: 0, 2: 0])
        try await other.refresh()
        try await own.refresh()
        #expect(versions(own) == [1: 2, 2: 0] && versions(other) == versions(own))
        #expect(try await versions(open()) == versions(own))
    }

    /// A batch says the oldest that any of its entries was redacted by.
    @Test func aChangeWithinABatchCountsForItsLaterEntriesAlone() async throws {
        let vault = try await open()
        var builder = RedactingBatchBuilder(book: vault.book)
        builder.append(SampleEntry(team: 1, at: clock.now, connector: "crm"))
        _ = try await create("a", in: vault)
        builder.append(SampleEntry(team: 1, at: clock.now, connector: "crm"))
        #expect(builder.finish().secretVersions == [1: 0])
    }

    @Test func whatCannotBeReadIsNotKnown() async throws {
        let (own, other) = (try await open(), try await open())
        let secret = try await create("a", in: own)
        _ = try await create("b", in: own, team: 2)
        _ = try await catalog.updateSecret(
            team: 1, connector: nil, placeholder: secret.placeholder, sealedValue: [1, 2, 3], at: clock.now)
        try await other.refresh()
        #expect(versions(other) == [1: 0, 2: 1])
        try await own.refresh()
        #expect(versions(own) == [1: 1, 2: 1])
    }

    @Test func whereNobodyElseChangesSecretsBatchesSayNothing() async throws {
        let store = InMemoryStore(now: clock.source)
        _ = try await store.createTeam(name: "T", id: 1, at: clock.now)
        let vault = try await SecretVault.open(catalog: store, masterKey: .test(1), randomBytes: seededBytes(1))
        _ = try await create("a", in: vault)
        #expect(versions(vault) == [:])
    }
}

/// Counts changes as a catalog of several servers does.
private final class CountingCatalog: ForwardingCatalog {
    let store = InMemoryStore(now: ManualClock().source)
    private let versions = Mutex<[Int64: Int64]>([:])

    func secretVersions() async throws(StoreError) -> [Int64: Int64]? { versions.withLock { $0 } }

    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        let result = try await store.createSecret(secret, limit: limit)
        versions.withLock { $0[secret.teamID, default: 0] += 1 }
        return result
    }

    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at now: Timestamp
    ) async throws(StoreError) -> Bool {
        let isKnown = try await store.updateSecret(
            team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: now)
        versions.withLock { $0[team, default: 0] += 1 }
        return isKnown
    }
}
