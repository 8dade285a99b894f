/// An entry, a fault or a state change that holds secrets, and how the ways in would write it.
package struct PlantedLine: Sendable {
    package var secrets: [PlantedSecret]
    /// Those of the secrets that have to be registered before the line is taken, each once.
    package var known: [PlantedKnownSecret]
    /// Nil when the line names none, as state changes do not.
    package var connector: String?
    let draft: LineDraft

    /// A line of the flat form.
    package var json: String { draft.json() }

    /// An entry of an HTTP Archive; nil for what is no entry.
    ///
    /// - Parameters:
    ///   - time: RFC 3339.
    ///   - isOwn: as our own archives have it, with all that HAR has no place for. Else another program's: nil when a
    ///     secret stands where only ours have a place.
    package func archiveEntry(at time: String?, isOwn: Bool) -> String? {
        guard draft.isEntry else { return nil }
        if isOwn { return draft.archiveEntry(at: time, isOwn: true) }
        let isCutRequest = draft.requestBody?.truncatedFrom != nil
        let isForeign = secrets.allSatisfy { Self.isInArchives($0.place) }
        return isForeign && !isCutRequest ? draft.archiveEntry(at: time, isOwn: false) : nil
    }

    /// A line of nginx's log; nil when it has no place for a secret.
    package func nginxLine(at seconds: String?) -> String? {
        guard draft.isEntry, draft.responseBody == nil, draft.requestBody.map(Self.isPlain) ?? true,
            draft.hasSingleHeaders, secrets.allSatisfy({ Self.isInAccessLogs($0.place) || $0.place.isEntryBody })
        else { return nil }
        return draft.nginxLine(at: seconds)
    }

    /// A line of Envoy's log; nil when it has no place for a secret.
    package func envoyLine(at time: String?) -> String? {
        guard draft.isEntry, draft.responseBody == nil, draft.requestBody == nil, draft.hasSingleHeaders,
            secrets.allSatisfy({ Self.isInAccessLogs($0.place) || $0.place == .errorName || $0.place == .errorMessage })
        else { return nil }
        return draft.envoyLine(at: time)
    }

    private static func isPlain(_ body: LineDraft.DraftBody) -> Bool {
        if case .text = body.content { !body.isBase64 && body.truncatedFrom == nil } else { false }
    }

    private static func isInArchives(_ place: PlantedPlace) -> Bool {
        switch place {
        case .uriPath, .uriQuery, .uriFragment, .uriUserInfo, .requestHeader, .responseHeader, .repeatedHeader,
            .requestCookie, .setCookie, .method:
            true
        default: place.isEntryBody
        }
    }

    private static func isInAccessLogs(_ place: PlantedPlace) -> Bool {
        switch place {
        case .uriPath, .uriQuery, .uriFragment, .uriUserInfo, .requestHeader, .responseHeader, .requestCookie, .method,
            .attribute, .attributeName, .attributeNested, .unknownMember, .event, .flowID, .flowName, .stateID,
            .requestID, .connectorIdentifier:
            true
        default: false
        }
    }
}
