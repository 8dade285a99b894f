package import ConnectorLogCore

/// A root fault, whole, in the flat form.
package struct FaultDocument: Decodable, Equatable, Sendable {
    package var id: EntryID
    package var teamID: Int64
    /// When the fault occurred.
    package var logTime: Timestamp
    package var name: String
    package var stateID: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var connectorIdentifier: String?
    package var entryRequestID: String?
    package var kind: String?
    package var uri: String?
    package var message: String?
    package var statusCode: Int?
    package var responseHeaders: HeadersDocument
    package var responseBody: BodyDocument?
    package var invokeType: String?
    package var action: String?
    package var receipt: [RedactionDocument]
    /// When headers, body and receipt were removed; null while they are kept.
    package var detailsRemovedAt: Timestamp?

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        func text(_ name: MemberName) throws -> String? { try members.decodeIfPresent(String.self, forKey: name) }
        id = try members.decode(EntryID.self, forKey: "id")
        teamID = try members.decode(Int64.self, forKey: "team_id")
        logTime = try members.decode(Timestamp.self, forKey: "log_time")
        name = try members.decode(String.self, forKey: "name")
        stateID = try text("state_id")
        flowID = try text("flow_id")
        flowName = try text("flow_name")
        flowVersion = try text("flow_version")
        connectorIdentifier = try text("connector_identifier")
        entryRequestID = try text("entry_request_id")
        kind = try text("kind")
        uri = try text("uri")
        message = try text("message")
        statusCode = try members.decodeIfPresent(Int.self, forKey: "status_code")
        responseHeaders = try members.decode(HeadersDocument.self, forKey: "response_headers")
        responseBody = try BodyDocument(name: "response_body", members)
        invokeType = try text("invoke_type")
        action = try text("action")
        receipt = try members.decode([RedactionDocument].self, forKey: "receipt")
        detailsRemovedAt = try members.decodeIfPresent(Timestamp.self, forKey: "details_removed_at")
    }
}

extension RootFault: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "fault")
            json.member("id", id)
            json.member("team_id", teamID)
            json.member("log_time", occurredAt)
            json.member("name", name)
            json.member("state_id", stateID)
            json.member("flow_id", flowID)
            json.member("flow_name", flowName)
            json.member("flow_version", flowVersion)
            json.member("connector_identifier", connectorIdentifier)
            json.member("entry_request_id", entryRequestID)
            json.member("kind", kind)
            json.member("uri", uri)
            json.member("message", message)
            json.member("status_code", statusCode)
            json.member("response_headers", HeadersDocument(responseHeaders))
            BodyDocument.write(responseBody, name: "response_body", to: &json)
            json.member("invoke_type", invokeType)
            json.member("action", action)
            json.member("receipt", receipt)
            json.member("details_removed_at", detailsRemovedAt)
        }
    }
}
