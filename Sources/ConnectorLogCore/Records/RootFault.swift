/// A system error that broke, or would have broken, a flow state.
package struct RootFault: Hashable, Sendable {
    package var id: EntryID
    package var teamID: Int64
    package var occurredAt: Timestamp
    /// For example "Data Save Fault" or "Bad Gateway".
    package var name: String
    package var stateID: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var connectorIdentifier: String?
    /// The sender's request id of the call that raised the fault.
    package var entryRequestID: String?
    package var kind: String?
    package var uri: String?
    package var message: String?
    package var statusCode: Int?
    package var responseHeaders: [HeaderField] = []
    package var responseBody: Body?
    package var invokeType: String?
    package var action: String?
    package var receipt: [Redaction] = []
    /// When retention removed headers, body and receipt; nil while they are kept.
    package var detailsRemovedAt: Timestamp?

    package init(id: EntryID, teamID: Int64, occurredAt: Timestamp, name: String) {
        (self.id, self.teamID, self.occurredAt, self.name) = (id, teamID, occurredAt, name)
    }
}
