/// What an erasure removes of a team.
package enum ErasureTarget: Hashable, Sendable {
    /// One entry.
    case entry(EntryID)
    /// A flow state with all of its entries and faults.
    case state(String)
    /// All entries and faults of a connector. The connector itself stays.
    case connector(String)

    package enum Kind: String, Sendable, CaseIterable {
        case entry, state, connector
    }

    package var kind: Kind {
        switch self {
        case .entry: .entry
        case .state: .state
        case .connector: .connector
        }
    }

    /// The id of the entry or the state, or the connector's identifier.
    package var name: String {
        switch self {
        case .entry(let id): id.description
        case .state(let id): id
        case .connector(let identifier): identifier
        }
    }

    /// Nil when the name is none of this kind.
    package init?(_ kind: Kind, name: String) {
        switch kind {
        case .entry:
            guard let id = EntryID(name) else { return nil }
            self = .entry(id)
        case .state: self = .state(name)
        case .connector: self = .connector(name)
        }
    }
}

/// What is left of what was erased: that it was, when, by whom, and how much. Kept for ever.
package struct Erasure: Hashable, Sendable {
    /// Rises from one erasure of a store to the next.
    package var number: Int64
    package var teamID: Int64
    package var target: ErasureTarget
    /// The id of the API key that asked for it.
    package var keyID: String
    package var requestedAt: Timestamp
    /// Nil while it is under way.
    package var completedAt: Timestamp?
    /// Rows that were removed.
    package var entries = 0
    package var faults = 0
    package var states = 0
    /// Damaged blocks that could not be read, and so not be searched for what was to be erased.
    package var unreadableBlocks = 0

    package init(number: Int64, teamID: Int64, target: ErasureTarget, keyID: String, requestedAt: Timestamp) {
        (self.number, self.teamID, self.target) = (number, teamID, target)
        (self.keyID, self.requestedAt) = (keyID, requestedAt)
    }
}

/// Which erasures of a team, the latest first.
package struct ErasureQuery: Hashable, Sendable {
    package var teamID: Int64
    /// Only erasures with a smaller number.
    package var before: Int64?
    /// 1...1000.
    package var limit: Int

    package init(teamID: Int64, before: Int64? = nil, limit: Int = 100) {
        (self.teamID, self.before, self.limit) = (teamID, before, limit)
    }
}
