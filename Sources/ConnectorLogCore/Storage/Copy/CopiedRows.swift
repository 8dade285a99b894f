/// What a store holds, kind by kind, in the order in which a copy takes them. Raw values stand in targets, as the place where
/// an interrupted copy goes on: never given another meaning.
package enum CopyKind: Int64, CaseIterable, Sendable {
    case teams = 1
    case keys = 2
    case connectors = 3
    case secrets = 4
    case sealedKeys = 5
    case rules = 6
    case audit = 7
    case erasures = 8
    case answers = 9
    case events = 10
    case parts = 11
    case states = 12
    case faults = 13
    case entries = 14
    case numbers = 15

    /// For people.
    package var name: String {
        switch self {
        case .teams: "teams"
        case .keys: "keys"
        case .connectors: "connectors"
        case .secrets: "secrets"
        case .sealedKeys: "sealed keys"
        case .rules: "redaction rules"
        case .audit: "audit records"
        case .erasures: "erasures"
        case .answers: "idempotency keys"
        case .events: "events of parts of calls"
        case .parts: "parts of calls"
        case .states: "flow states"
        case .faults: "root faults"
        case .entries: "entries"
        case .numbers: "numbers"
        }
    }

    /// The kind that a copy takes behind this one.
    package var next: CopyKind? {
        CopyKind(rawValue: rawValue + 1)
    }
}

/// Some rows of one kind, as stores hand them over: with all that a store keeps of them.
///
/// Rows of teams that are deleted, or never were, are left out of states, faults, entries and parts: nobody can reach them.
package enum CopiedRows: Sendable {
    case teams([CopiedTeam])
    case keys([CopiedKey])
    case connectors([CopiedConnector])
    case secrets([SecretRecord])
    case sealedKeys([CopiedSealedKey])
    case rules([CopiedRules])
    case audit([AuditRecord])
    case erasures([CopiedErasure])
    case answers([CopiedAnswer])
    case events([CopiedEvent])
    case parts([CopiedPart])
    case states([CopiedState])
    case faults([RootFault])
    case entries(CopiedEntries)
    case numbers(CopiedNumbers)

    package var count: Int {
        switch self {
        case .teams(let rows): rows.count
        case .keys(let rows): rows.count
        case .connectors(let rows): rows.count
        case .secrets(let rows): rows.count
        case .sealedKeys(let rows): rows.count
        case .rules(let rows): rows.count
        case .audit(let rows): rows.count
        case .erasures(let rows): rows.count
        case .answers(let rows): rows.count
        case .events(let rows): rows.count
        case .parts(let rows): rows.count
        case .states(let rows): rows.count
        case .faults(let rows): rows.count
        case .entries(let rows): rows.count
        case .numbers: 0
        }
    }
}

/// A team, also one that is deleted: its id is not given again.
package struct CopiedTeam: Sendable {
    package var team: Team
    package var isDeleted: Bool
    package var retention: Retention?

    package init(_ team: Team, isDeleted: Bool, retention: Retention?) {
        (self.team, self.isDeleted, self.retention) = (team, isDeleted, retention)
    }
}

package struct CopiedKey: Sendable {
    package var key: APIKey
    /// SHA-256 of the key.
    package var hash: [UInt8]

    package init(_ key: APIKey, hash: [UInt8]) { (self.key, self.hash) = (key, hash) }
}

/// A connector, also one that is deleted: there may be entries of it.
package struct CopiedConnector: Sendable {
    package var connector: Connector
    package var logo: Logo?
    package var isDeleted: Bool

    package init(_ connector: Connector, logo: Logo?, isDeleted: Bool) {
        (self.connector, self.logo, self.isDeleted) = (connector, logo, isDeleted)
    }
}

package struct CopiedSealedKey: Sendable {
    package var name: String
    package var sealed: [UInt8]

    package init(name: String, sealed: [UInt8]) { (self.name, self.sealed) = (name, sealed) }
}

package struct CopiedRules: Sendable {
    package var teamID: Int64
    package var json: String
    package var updatedAt: Timestamp

    package init(teamID: Int64, json: String, updatedAt: Timestamp) {
        (self.teamID, self.json, self.updatedAt) = (teamID, json, updatedAt)
    }
}

package struct CopiedErasure: Sendable {
    package var erasure: Erasure
    /// The greatest id that a row to be erased can have: what came later stays. Of one that is completed it means nothing.
    package var lastID: EntryID

    package init(_ erasure: Erasure, lastID: EntryID) { (self.erasure, self.lastID) = (erasure, lastID) }
}

package struct CopiedAnswer: Sendable {
    package var answer: IdempotentAnswer
    package var createdAt: Timestamp

    package init(_ answer: IdempotentAnswer, createdAt: Timestamp) {
        (self.answer, self.createdAt) = (answer, createdAt)
    }
}

/// A part of a call that was told, and is not to be taken again within a day.
package struct CopiedEvent: Sendable {
    package var event: [UInt8]
    package var toldAt: Timestamp

    package init(event: [UInt8], toldAt: Timestamp) { (self.event, self.toldAt) = (event, toldAt) }
}

/// A part of a call that waits, with the bytes of its entry as they are stored.
package struct CopiedPart: Sendable {
    package var number: Int64
    package var teamID: Int64
    package var call: [UInt8]
    package var kind: Int64
    package var arrivedAt: Timestamp
    package var entry: [UInt8]

    package init(number: Int64, teamID: Int64, call: [UInt8], kind: Int64, arrivedAt: Timestamp, entry: [UInt8]) {
        (self.number, self.teamID, self.call, self.kind) = (number, teamID, call, kind)
        (self.arrivedAt, self.entry) = (arrivedAt, entry)
    }
}

/// A flow state as it is, with what decides how later changes are taken.
package struct CopiedState: Sendable {
    package var key: FlowStateKey
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var progress: FlowStateProgress

    package init(
        _ key: FlowStateKey, flowID: String?, flowName: String?, flowVersion: String?, progress: FlowStateProgress
    ) {
        (self.key, self.flowID, self.flowName) = (key, flowID, flowName)
        (self.flowVersion, self.progress) = (flowVersion, progress)
    }
}

/// Entries with what a store has given them, in any order.
package struct CopiedEntries: Sendable {
    package var columns = EntryColumns()
    /// One a row.
    package var ids: [EntryID] = []
    /// Microseconds, one a row; 0 while its details are kept.
    package var detailsRemovedAt: [Int64] = []

    package init() {}

    package var count: Int { ids.count }
}

/// Numbers that were given: those that a store gives later are greater.
package struct CopiedNumbers: Hashable, Sendable {
    package var audit: Int64
    package var erasure: Int64
    package var part: Int64

    package init(audit: Int64, erasure: Int64, part: Int64) {
        (self.audit, self.erasure, self.part) = (audit, erasure, part)
    }
}
