/// Takes redacted batches and makes them durable.
///
/// - Durability: when `append` returns, the batch survives the loss of the process and of power.
/// - Atomicity: all of a batch is stored, or nothing of it.
/// - Ordering: ids are assigned at the commit, rising in the order of commits and, within a batch, of its entries, then
///   of its faults. They rise also when the clock goes back, and after a restart.
/// - Uniqueness: each entry gets the first `log_time` at or after its own, to the microsecond, that no other entry of the
///   same team and connector has; within a batch in the order of its rows. Of batches that are appended at once, any may
///   take its times first.
/// - Flow states: the same transaction updates the states that the batch's entries, faults and state changes touch (the
///   rules below), and registers connectors that it sees for the first time in an entry or a fault: named like their
///   identifier, without description and logo, with version 1 of the configuration `{}`, at the time of the commit.
/// - Idempotency: a batch with a token that was committed before stores nothing and returns the first answer; with
///   another fingerprint it throws `.idempotencyMismatch`. Of batches that are appended at once with one token, one is
///   stored. A batch that failed leaves its token free. An empty batch takes its token, too.
/// - Parts of calls (`pendingParts`, `releasedParts`) are stored and forgotten as `PendingCalls` says.
/// - Teams: whether a team exists is for the caller to check. Rows of a team that was deleted meanwhile are dropped.
///
/// A flow state begins when an entry, a fault or a state change first names it. Batches change it in the order of their
/// commits, and in each batch its entries do in the order of rows, then its faults, then its state changes:
/// - `flowID`, `flowName`, `flowVersion`: the last that was given.
/// - `status`: in progress at first. What a state change says holds, until another says otherwise. A fault makes a
///   state in progress a failed one. Failed calls alone change nothing.
/// - `currentStep`, `user`, `joinURI`: the last that a state change gave.
/// - `createdAt`: the last `createdAt` that a state change gave; while none did, the earliest time of its calls, faults
///   and changes (`log_time` as stored, `occurredAt`, `updatedAt`).
/// - `lastActionAt`: the latest of these times.
/// - A state change is late when its `updatedAt` lies before that of a change that came earlier. It only fills members
///   that nothing has filled yet (`createdAt`: that no change gave yet); its status counts for nothing.
/// - `calls`, `failedCalls`, `faults`, `firstCallAt`, `lastCallAt`: over its entries and faults, by stored `log_time`.
package protocol LogWriter: Sendable {
    func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult
}

package enum AppendResult: Equatable, Sendable {
    case stored
    /// The token was used before: what `IdempotentAnswer.answer` was then.
    case replayed(answer: [UInt8])
}

/// What to remember under an idempotency key, in the batch's own transaction.
package struct IdempotentAnswer: Sendable {
    /// SHA-256 over the caller's key and the `Idempotency-Key`.
    package var token: [UInt8]
    /// SHA-256 over the request's body: the same key with another body is a conflict.
    package var fingerprint: [UInt8]
    /// The answer to give again: opaque to the store.
    package var answer: [UInt8]

    package init(token: [UInt8], fingerprint: [UInt8], answer: [UInt8]) {
        (self.token, self.fingerprint, self.answer) = (token, fingerprint, answer)
    }
}

/// Answers queries. A reader sees every batch whose `append` returned before the query began, and of every batch all or
/// nothing.
///
/// Filters that are nil take every row; a row has to pass all filters. Texts are compared, and ordered, byte by byte in
/// UTF-8 (`String` itself compares by canonical equivalence), but where "either case" is said, letters of ASCII match
/// both. An empty `text` or `search` takes every row. A page's `next` is nil when no further row exists at that time.
package protocol LogReader: Sendable {
    /// Nil also when the id is another team's.
    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry?
    /// Ordered by `log_time`, then by id. The filter `text` looks into the URI, the error's name and message, and
    /// bodies that are text, as stored (redacted and cut). `requestID` is the sender's, or the value of a response
    /// header that `VendorRequestID` names.
    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary>
    /// Nil also when the id is another team's.
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault?
    /// Ordered by `occurredAt`, then by id.
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault>
    /// Over the states that have a flow's id and whose last action lies in the range: ordered by the latest of their
    /// last actions, latest first, then by id. A flow's name is that of its state with the latest last action that has
    /// one (of several, the first by `stateID`); `search` looks into that name.
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary>
    /// Ordered by last action, latest first, then by `stateID`.
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState>
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState?
    /// Every bucket that the range touches, oldest first, empty ones too. Entries outside the range do not count, even
    /// where their bucket is touched.
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket]
    /// Over the states that have a flow's id and whose `createdAt` lies in the buckets: flows with such a state alone. A
    /// flow's name is that of the one of them with the latest last action that has one (of several, the first by
    /// `stateID`); `search` looks into that name and the id, and takes its flows before `limit` does.
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches]
    /// One a bucket, by `occurredAt`. A fault's flow is the one that the fault itself names.
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int]
    /// By `log_time` as stored. A call's duration counts where it is known.
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics
    /// Entries that pass all filters of `EntryQuery`, by `log_time` as stored.
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts
}

/// Teams, keys, connectors, and what is to be removed from logs. Every change is durable when its call returns, and holds
/// at once.
package protocol Catalog: Sendable {
    /// By id.
    func teams() async throws(StoreError) -> [Team]
    func team(id: Int64) async throws(StoreError) -> Team?
    /// With no id, the one above the highest that was ever given. Throws `.conflict` when the id is taken, or was, by a
    /// team that is deleted. Names may repeat.
    func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team
    /// False when there is no such team.
    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool
    /// Takes a team out of use, with its keys, connectors, secrets and rules: its entries, faults and flow states are unreachable from
    /// then on, and its id is not given again. False when there is no such team.
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool
    /// How long the team wants its records kept; nil when it leaves that to the default, and when there is no such team.
    func retention(team: Int64) async throws(StoreError) -> Retention?
    /// Nil leaves it to the default again. False when there is no such team.
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool

    /// Keys of one team, nil for the owner's keys; revoked ones excepted. By time of creation, then by id.
    func keys(team: Int64?) async throws(StoreError) -> [APIKey]
    /// `hash` is the SHA-256 of the whole key. Throws `.conflict` when a key has this id or this hash.
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError)
    /// From then on no call answers the key. False when the team has no such key (nil: the owner has none).
    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool
    /// The key with this SHA-256, revoked ones excepted. In memory: it is asked at every request. A key that expired is
    /// answered: the caller looks at `expiresAt`.
    func key(hash: [UInt8]) -> APIKey?
    /// The key with this id, revoked ones excepted. In memory.
    func key(id: String) -> APIKey?
    /// Notes the use of a key; written down within a minute, not at once. `key(id:)` says so at once. Never set back to
    /// an earlier time; nothing happens when there is no such key.
    func noteUse(ofKey id: String, at: Timestamp)
    /// Whether the team exists. In memory: it is asked for every line that names a team.
    func hasTeam(_ id: Int64) -> Bool

    /// By identifier, the first 1,000. Without configurations, each is `{}`: they may be large.
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector]
    /// How many there are, also beyond the first 1,000.
    func connectorCount(team: Int64) async throws(StoreError) -> Int
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector?
    /// Stores all members as they are given. Throws `.conflict` when the identifier is taken.
    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError)
    /// Nil members stay as they are (`.some(nil)` takes the description away). `at` becomes the connector's
    /// `updatedAt`. A configuration, also an equal one, counts its version up by one and sets its `updatedAt`. False
    /// when there is no such connector.
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool
    /// Stores a configuration as `updateConnector` does, unless there is another version than this by now. The look and the
    /// change are one transaction: of two who change the same version, the second changes nothing.
    func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement
    /// Its entries stay, its logo and its secrets go. The next entry with its identifier registers it anew, and `createConnector` may
    /// take the identifier. False when there is no such connector.
    func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool
    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo?
    /// `name` is what `Connector.logoName` says from then on, `at` its `updatedAt`. False when there is no such
    /// connector.
    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool

    /// Of one connector, nil for those of the whole team alone. By name.
    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord]
    /// How often values and rules of each team were registered or changed, without teams of which none ever was; nil where no
    /// other server can do so. A batch that is redacted by older ones is refused.
    func secretVersions() async throws(StoreError) -> [Int64: Int64]?
    /// Of all teams, in any order: read once, at the start.
    func allSecrets() async throws(StoreError) -> [SecretRecord]
    /// Stores all members as they are given. Throws `.conflict` when the connector, or the team for its own, has a secret
    /// of this name, or when any has this placeholder.
    /// - Parameter limit: so many secrets at most has a connector, and a team of its own. The look and the change are one
    ///   transaction, so that creations at once do not pass it.
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation
    /// Nothing but the value and `updatedAt` changes. False when the connector, or the team for its own, has no such
    /// secret.
    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool
    /// The name is free again. The sealed bytes may linger in the storage until their place is used again; they tell
    /// nothing without the key that they are sealed with. False when the connector, or the team for its own, has no such
    /// secret.
    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool

    /// Keys of the whole store, sealed, by their names.
    func sealedKeys() async throws(StoreError) -> [String: [UInt8]]
    /// False, and nothing is stored, when there is a key of this name: of two that start at once, one makes it.
    func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool
    /// Puts other bytes in the place of what is sealed, or takes it away: all of it in one transaction, or nothing. Throws
    /// `.conflict` when something that is sealed is not among the changes, or is not (or no longer) as they say, so that
    /// nothing is left behind under a key that goes out of use. No `updatedAt` changes.
    func replaceSealed(_ changes: [SealedChange]) async throws(StoreError)

    /// What the team adds to the rules that hold for all, as JSON text that is opaque to the catalog; nil when it says
    /// nothing, and when there is no such team.
    func redactionRules(team: Int64) async throws(StoreError) -> String?
    /// Of all teams that say something.
    func allRedactionRules() async throws(StoreError) -> [Int64: String]
    /// Nil takes them away. False when there is no such team.
    func setRedactionRules(_ json: String?, team: Int64, at: Timestamp) async throws(StoreError) -> Bool

    /// Stores all members as they are given, but for the number: one above all that were ever given. Its team need not
    /// exist. Of more than `AuditRecord.maximumCount` of its team the oldest go.
    func note(_ record: AuditRecord) async throws(StoreError)
    /// Of one team, also of a deleted one; nil for those that concern no team. By number, the greatest first.
    /// - Parameters:
    ///   - before: those with smaller numbers alone; nil for all.
    ///   - limit: 1...1000.
    func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord]
}

/// What became of a configuration that was to be replaced.
package enum ConfigurationReplacement: Equatable, Sendable {
    case replaced
    case connectorMissing
    /// Somebody else replaced it first.
    case otherVersion
}

/// What became of a secret that was to be created.
package enum SecretCreation: Equatable, Sendable {
    case created
    /// There is no such connector, or no such team.
    case ownerMissing
    /// The connector, or the team, has as many as it may have.
    case limitReached
}

/// Other bytes for one thing that is sealed.
package struct SealedChange: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case secret(placeholder: String)
        case key(name: String)
    }

    package var place: Place
    package var old: [UInt8]
    /// Nil takes it away.
    package var new: [UInt8]?

    package init(_ place: Place, old: [UInt8], new: [UInt8]?) {
        (self.place, self.old, self.new) = (place, old, new)
    }
}

extension Catalog {
    package func secretVersions() async throws(StoreError) -> [Int64: Int64]? { nil }

    package func connectors(team: Int64) async throws(StoreError) -> [Connector] {
        try await connectors(team: team, withConfigurations: true)
    }
}
