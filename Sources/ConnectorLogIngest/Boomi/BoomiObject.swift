import ConnectorLogCore

/// A JSON object of Boomi's, by the names that are known here, in either case: what is not known is not looked at.
struct BoomiObject {
    typealias Text = UnsafeRawBufferPointer

    let members: JSONMembers
    private var values: [String: JSONSlice] = [:]

    private static let known: Set<String> = [
        // Events.
        "type", "id", "occurredat", "data", "tenant", "user", "flow", "flowversion", "state", "request", "uri",
        "service",
        "serviceuri", "endpoint", "size", "duration",
        // What is in `data`, of which no document says anything.
        "method", "httpmethod", "statuscode", "status", "headers", "requestheaders", "responseheaders", "content",
        "body",
        "requestbody", "responsebody", "response", "problem", "message", "error", "name", "developername", "value",
        "key",
        // States.
        "datecreated", "datemodified", "currentflowid", "versionid", "currentflowdevelopername",
        "currentmapelementdevelopername", "currentrunninguseremail", "isdone", "isexpired", "joinuri", "rootfaults",
        "hasrootfaults", "manywhotenantid", "currentmapelementid",
    ]

    /// Of a name that is there twice the first counts.
    init(_ members: JSONMembers) {
        self.members = members
        var values: [String: JSONSlice] = [:]
        members.forEach { name, value in
            let name = name.lowercased()
            if Self.known.contains(name), values[name] == nil { values[name] = value }
        }
        self.values = values
    }

    /// The first of these that is there and not null. Names in lower case.
    func value(_ names: String...) -> JSONSlice? {
        for name in names {
            if let value = values[name], value.kind != .null { return value }
        }
        return nil
    }

    /// A text, or a number as its text; nil when it is empty.
    func text(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        switch value.kind {
        case .string, .escapedString, .number:
            let text = members.content(value).map { String(decoding: $0, as: UTF8.self) }
            return text?.isEmpty == true ? nil : text
        default: return nil
        }
    }

    /// A text that names something; nil when it is too long for that.
    func identifier(_ name: String, limit: Int = Limits.identifier) -> String? {
        text(name).flatMap { $0.unicodeScalars.count <= limit && !$0.utf8.contains(0) ? $0 : nil }
    }

    func whole(_ name: String) -> Int64? { value(name).flatMap(members.whole) }

    func isTrue(_ name: String) -> Bool {
        value(name).map { $0.kind == .yes || members.text($0)?.lowercased() == "true" } ?? false
    }

    /// ISO 8601; without an offset it is UTC.
    func time(_ name: String) -> Timestamp? {
        text(name).flatMap { Timestamp($0, missingOffset: .utc) }
    }

    /// An object, also one that is the JSON in a text, which is kept in `arena`.
    func object(_ name: String, _ arena: inout TextArena) -> BoomiObject? {
        guard let value = value(name) else { return nil }
        if let object = members.object(value) { return BoomiObject(object) }
        guard let text = members.text(value), text.utf8.first == UInt8(ascii: "{") else { return nil }
        return JSONMembers(arena.copy(text)).map(BoomiObject.init)
    }
}
