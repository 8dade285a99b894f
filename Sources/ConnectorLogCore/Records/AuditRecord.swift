/// Who changed what, when: kept for the team, or for the owner where it concerns no team.
package struct AuditRecord: Hashable, Sendable {
    /// So many of a team are kept, and so many of the owner; of more the oldest go.
    package static let maximumCount = 10_000

    /// Assigned by the catalog: rising, 1 or more.
    package var number: Int64
    package var at: Timestamp
    package var teamID: Int64?
    /// The key that asked for it, and what it was called then.
    package var keyID: String
    package var keyName: String
    /// The operation as the API names it (`revokeKey`).
    package var action: String
    /// What it was done to: the id of a key, the identifier of a connector; nil where the action says it all. Never a secret.
    package var target: String?
    /// The `X-Request-Id` of the request.
    package var requestID: String

    package init(
        number: Int64 = 0, at: Timestamp, teamID: Int64?, keyID: String, keyName: String, action: String,
        target: String?, requestID: String
    ) {
        (self.number, self.at, self.teamID) = (number, at, teamID)
        (self.keyID, self.keyName, self.action) = (keyID, keyName, action)
        (self.target, self.requestID) = (target, requestID)
    }
}
