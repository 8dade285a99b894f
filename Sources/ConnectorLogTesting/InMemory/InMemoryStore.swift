package import ConnectorLogCore
import Synchronization

/// The ports as plainly as they can be written: arrays, linear filters, one lock. It is what other stores are compared
/// with, and what tests of the parts around a store run on. Nothing of it outlives the process.
package final class InMemoryStore: LogWriter, LogReader, LogKeeper, PendingCalls, Catalog {
    private let records: Mutex<InMemoryRecords>
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - now: the time that goes into ids, and at which connectors seen for the first time are registered.
    ///   - random: the random bits of ids.
    package init(now: @escaping @Sendable () -> Timestamp, random: SeededRandom = SeededRandom(seed: 1)) {
        records = Mutex(InMemoryRecords(random: random))
        self.now = now
    }

    package convenience init(clock: ManualClock) {
        self.init(now: clock.source)
    }

    private func with<Answer: Sendable>(
        _ body: (inout InMemoryRecords) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        try records.withLock { records throws(StoreError) in try body(&records) }
    }

    // MARK: - LogWriter

    package func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        let now = now()
        return try with { records throws(StoreError) in
            try records.append(batch, idempotency: idempotency, now: now)
        }
    }

    // MARK: - LogReader

    package func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        try with { $0.entry(team: team, id: id) }
    }

    package func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        try with { $0.entries(query) }
    }

    package func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? {
        try with { $0.fault(team: team, id: id) }
    }

    package func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> {
        try with { $0.faults(query) }
    }

    package func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> {
        try with { $0.flows(query) }
    }

    package func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> {
        try with { $0.states(query) }
    }

    package func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        try with { $0.state(team: team, id: id) }
    }

    package func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] {
        try with { $0.outcomes(query) }
    }

    package func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] {
        try with { $0.launches(query) }
    }

    package func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] {
        try with { $0.faultCounts(query) }
    }

    package func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        try with { $0.statistics(query) }
    }

    package func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts {
        try with { $0.counts(query) }
    }

    // MARK: - LogKeeper

    package func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        let now = now()
        return try with { $0.erase(target, team: team, keyID: keyID, at: at, now: now) }
    }

    package func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        try with { $0.erasures(query) }
    }

    package func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        try with { $0.enforceRetention(default: standard, at: now) }
    }

    // MARK: - PendingCalls

    package func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
        try with { $0.pendingCounts(team: team) }
    }

    package func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] {
        try with { $0.pendingCalls(arrivedBefore: time, limit: limit, bytes: bytes) }
    }

    // MARK: - Catalog: teams and keys

    package func teams() async throws(StoreError) -> [Team] {
        try with { $0.teams.values.sorted { $0.id < $1.id } }
    }

    package func team(id: Int64) async throws(StoreError) -> Team? {
        try with { $0.teams[id] }
    }

    package func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        try with { records throws(StoreError) in try records.createTeam(name: name, id: id, at: at) }
    }

    package func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try with { $0.renameTeam(id: id, name: name) }
    }

    package func deleteTeam(id: Int64) async throws(StoreError) -> Bool {
        try with { $0.deleteTeam(id: id) }
    }

    package func retention(team: Int64) async throws(StoreError) -> Retention? {
        try with { $0.teams[team] == nil ? nil : $0.retentions[team] }
    }

    package func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try with { $0.setRetention(retention, team: team) }
    }

    package func keys(team: Int64?) async throws(StoreError) -> [APIKey] {
        try with { $0.keys(team: team) }
    }

    package func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try with { records throws(StoreError) in try records.createKey(key, hash: hash) }
    }

    package func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try with { $0.revokeKey(team: team, id: id) }
    }

    package func key(hash: [UInt8]) -> APIKey? {
        records.withLock { $0.keys.first { $0.hash == hash }?.key }
    }

    package func key(id: String) -> APIKey? {
        records.withLock { $0.keys.first { $0.key.id.hasBytes(of: id) }?.key }
    }

    package func noteUse(ofKey id: String, at: Timestamp) {
        records.withLock { $0.noteUse(ofKey: id, at: at) }
    }

    package func hasTeam(_ id: Int64) -> Bool {
        records.withLock { $0.teams[id] != nil }
    }

    // MARK: - Catalog: connectors

    package func connectors(
        team: Int64, withConfigurations: Bool
    ) async throws(StoreError) -> [Connector] {
        var connectors = try with { Array($0.connectors(team: team).prefix(1000)) }
        if withConfigurations { return connectors }
        for index in connectors.indices { connectors[index].configuration.json = "{}" }
        return connectors
    }

    package func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try with { $0.connectors(team: team).count }
    }

    package func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try with { $0.connectors[ConnectorPlace(team: team, identifier: identifier)]?.connector }
    }

    package func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try with { records throws(StoreError) in try records.createConnector(connector, logo: logo) }
    }

    package func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try with {
            $0.updateConnector(ConnectorPlace(team: team, identifier: identifier), at: at) { connector in
                if let name { connector.name = name }
                if let description { connector.description = description }
                if let configurationJSON { connector.configuration.replace(with: configurationJSON, at: at) }
            }
        }
    }

    package func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try with { records in
            let place = ConnectorPlace(team: team, identifier: identifier)
            guard let present = records.connectors[place]?.connector.configuration.version else {
                return .connectorMissing
            }
            guard present == version else { return .otherVersion }
            _ = records.updateConnector(place, at: at) { $0.configuration.replace(with: json, at: at) }
            return .replaced
        }
    }

    package func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool {
        try with { $0.deleteConnector(team: team, identifier: identifier) }
    }

    package func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try with { $0.connectors[ConnectorPlace(team: team, identifier: identifier)]?.logo }
    }

    package func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool {
        try with { records in
            let place = ConnectorPlace(team: team, identifier: identifier)
            records.connectors[place]?.logo = logo
            return records.updateConnector(place, at: at) { $0.logoName = name }
        }
    }

    // MARK: - Catalog: secrets and rules

    package func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try with { $0.secrets(team: team, connector: connector) }
    }

    package func allSecrets() async throws(StoreError) -> [SecretRecord] {
        try with { $0.secrets }
    }

    package func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try with { records throws(StoreError) in try records.createSecret(secret, limit: limit) }
    }

    package func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool {
        try with {
            $0.updateSecret(
                team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: at)
        }
    }

    package func deleteSecret(
        team: Int64, connector: String?, placeholder: String
    ) async throws(StoreError) -> Bool {
        try with { $0.deleteSecret(team: team, connector: connector, placeholder: placeholder) }
    }

    package func sealedKeys() async throws(StoreError) -> [String: [UInt8]] {
        try with { $0.sealedKeys }
    }

    package func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try with { records in
            guard records.sealedKeys[name] == nil else { return false }
            records.sealedKeys[name] = sealed
            return true
        }
    }

    package func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try with { records throws(StoreError) in try records.replaceSealed(changes) }
    }

    package func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try with { $0.redactionRules[team] }
    }

    package func allRedactionRules() async throws(StoreError) -> [Int64: String] {
        try with { $0.redactionRules }
    }

    package func setRedactionRules(
        _ json: String?, team: Int64, at: Timestamp
    ) async throws(StoreError) -> Bool {
        try with { $0.setRedactionRules(json, team: team) }
    }

    // MARK: - Catalog: audit

    package func note(_ record: AuditRecord) async throws(StoreError) {
        try with { $0.note(record) }
    }

    package func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try with { records in
            let found = (records.audit[team] ?? []).filter { $0.number < before ?? .max }
            return Array(found.reversed().prefix(limit))
        }
    }
}

extension Connector.Configuration {
    fileprivate mutating func replace(with json: String, at: Timestamp) {
        version += 1
        self.json = json
        updatedAt = at
    }
}
