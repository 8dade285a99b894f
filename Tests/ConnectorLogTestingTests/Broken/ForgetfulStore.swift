import ConnectorLogCore
import ConnectorLogTesting

/// Takes everything and knows nothing, but how many teams it made.
struct ForgetfulStore: LogWriter, LogReader, LogKeeper, PendingCalls, Catalog {
    private let teamCount = Counter()

    func append(_ batch: RedactedBatch, idempotency: IdempotentAnswer?) async throws(StoreError) -> AppendResult {
        .stored
    }

    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? { nil }
    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> { Page(rows: [], next: nil) }
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? { nil }
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> { Page(rows: [], next: nil) }
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> { NamedPage(rows: [], next: nil) }
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> { NamedPage(rows: [], next: nil) }
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? { nil }
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] { [] }
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] { [] }
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] { [] }
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        CallStatistics(buckets: [], groups: [])
    }
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts { EntryCounts(ok: [], failed: []) }

    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        Erasure(number: 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
    }
    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] { [] }
    func enforceRetention(default: Retention, at now: Timestamp) async throws(StoreError) {}

    func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts { PendingCounts(parts: 0, bytes: 0) }
    func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] { [] }

    func teams() async throws(StoreError) -> [Team] { [] }
    func team(id: Int64) async throws(StoreError) -> Team? { nil }
    func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        Team(id: id ?? Int64(teamCount.next()), name: name, createdAt: at)
    }
    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool { true }
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool { true }
    func retention(team: Int64) async throws(StoreError) -> Retention? { nil }
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool { true }
    func keys(team: Int64?) async throws(StoreError) -> [APIKey] { [] }
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {}
    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool { true }
    func key(hash: [UInt8]) -> APIKey? { nil }
    func key(id: String) -> APIKey? { nil }
    func noteUse(ofKey id: String, at: Timestamp) {}
    func hasTeam(_ id: Int64) -> Bool { false }
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] { [] }
    func connectorCount(team: Int64) async throws(StoreError) -> Int { 0 }
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? { nil }
    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {}
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool { true }
    func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement { .replaced }
    func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool { true }
    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? { nil }
    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool { true }
    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] { [] }
    func allSecrets() async throws(StoreError) -> [SecretRecord] { [] }
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation { .created }
    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool { true }
    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool { true }
    func sealedKeys() async throws(StoreError) -> [String: [UInt8]] { [:] }
    func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool { true }
    func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {}
    func redactionRules(team: Int64) async throws(StoreError) -> String? { nil }
    func allRedactionRules() async throws(StoreError) -> [Int64: String] { [:] }
    func setRedactionRules(_ json: String?, team: Int64, at: Timestamp) async throws(StoreError) -> Bool { true }
    func note(_ record: AuditRecord) async throws(StoreError) {}
    func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] { [] }
}
