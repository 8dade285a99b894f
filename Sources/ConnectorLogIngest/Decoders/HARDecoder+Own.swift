import ConnectorLogCore

/// `_connectorLog`, by which an archive of ours loses nothing of an entry. Its id and its team are told to readers only:
/// an entry that comes in gets its own.
extension HARDecoder {
    private enum OwnMember: String, MemberName {
        case connector_identifier, event, outcome, duration_ms, request_id, flow_id, flow_name, flow_version, state_id
        case trace_id, span_id, error_name, error_message, attributes
        case request_body_size, request_body_truncated, response_body_size, response_body_truncated, receipt
    }

    private static let ownReader = NamedMemberReader<OwnMember>()

    /// What is needed again when the entry is otherwise whole.
    struct Own {
        var connector: Text?
        var requestBody: (size: Int64?, isTruncated: Bool)
        var responseBody: (size: Int64?, isTruncated: Bool)
    }

    /// Nil when the archive is another program's.
    mutating func readOwn(_ slice: JSONSlice?) throws(LineError) -> Own? {
        guard let slice, slice.kind == .object else { return nil }
        let own = try Self.ownReader.read(slice, in: text)
        func meaning(_ member: OwnMember) -> Text? { entry.meaning(own[member], in: text) }
        entry.draft.event = entry.text(meaning(.event), "event", limit: Limits.event)
        entry.draft.outcome = meaning(.outcome).flatMap { Outcome(name: String(decoding: $0, as: UTF8.self)) }
        if let duration = microseconds(own[.duration_ms]) { entry.setDuration(duration) }
        entry.draft.requestID = entry.identifier(meaning(.request_id), "request_id")
        entry.draft.flowID = entry.identifier(meaning(.flow_id), "flow_id")
        entry.draft.flowName = entry.identifier(meaning(.flow_name), "flow_name", limit: Limits.name)
        entry.draft.flowVersion = entry.identifier(meaning(.flow_version), "flow_version")
        entry.draft.stateID = entry.identifier(meaning(.state_id), "state_id")
        entry.draft.traceID = entry.hexadecimal(meaning(.trace_id), digits: 32)
        entry.draft.spanID = entry.hexadecimal(meaning(.span_id), digits: 16)
        entry.draft.errorName = entry.text(meaning(.error_name), "error_name", limit: Limits.name)
        entry.draft.errorMessage = entry.text(meaning(.error_message), "error_message", limit: Limits.message)
        if own[.attributes]?.kind == .object {
            var attributes = JSONContents(own[.attributes], in: text)
            while let (name, value) = try attributes.next() {
                if let name { entry.addAttribute(name, value, in: text, usesAllRoom: true) }
            }
        }
        entry.draft.redactedBefore = try receipt(own[.receipt])
        return Own(
            connector: meaning(.connector_identifier),
            requestBody: (wholeNumber(own[.request_body_size]), own[.request_body_truncated]?.kind == .yes),
            responseBody: (wholeNumber(own[.response_body_size]), own[.response_body_truncated]?.kind == .yes))
    }

    /// What an archive's own members cannot say of bodies: one that is shorter since something was removed from it is not
    /// one that was cut.
    mutating func finish(_ own: Own) {
        Self.set(own.requestBody, of: &entry.draft.requestBody)
        Self.set(own.responseBody, of: &entry.draft.responseBody)
    }

    private static func set(_ given: (size: Int64?, isTruncated: Bool), of body: inout EntryDraft.Body?) {
        guard let isEmpty = body?.bytes.isEmpty else { return }
        let size = given.size.flatMap { (0...1 << 53).contains($0) ? Int($0) : nil }
        body?.originalSize = size
        body?.isTruncated = given.isTruncated || isEmpty && size ?? 0 > 0
    }
}
