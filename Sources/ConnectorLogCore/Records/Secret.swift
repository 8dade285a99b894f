/// A value that must never be stored, as the catalog keeps it: sealed, so that a database that leaks tells nothing.
package struct SecretRecord: Hashable, Sendable {
    /// What the API calls it: `sec_` and nine hexadecimal digits. Unique in the catalog.
    package var placeholder: String
    package var teamID: Int64
    /// Nil for a secret of the whole team.
    package var connectorIdentifier: String?
    /// Unique among the connector's, or the team's own.
    package var name: String
    /// Whether the value is looked for in letters of either case (ASCII).
    package var ignoresCase: Bool
    /// Opaque to the catalog.
    package var sealedValue: [UInt8]
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        placeholder: String, teamID: Int64, connectorIdentifier: String?, name: String, ignoresCase: Bool,
        sealedValue: [UInt8], createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.placeholder = placeholder
        self.teamID = teamID
        self.connectorIdentifier = connectorIdentifier
        self.name = name
        self.ignoresCase = ignoresCase
        self.sealedValue = sealedValue
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A secret's value in the clear: in memory alone, never in a description.
package struct KnownSecret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var value: [UInt8]
    package var ignoresCase: Bool

    package init(value: [UInt8], ignoresCase: Bool = false) {
        (self.value, self.ignoresCase) = (value, ignoresCase)
    }

    package var description: String { "KnownSecret" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
