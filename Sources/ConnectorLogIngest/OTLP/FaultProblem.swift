import ConnectorLogCore

/// What Boomi Flow tells of a root fault: the JSON of a problem (`kind`, `uri`, `statusCode`, `message`, `responseBody`,
/// `responseHeaders`, `invokeType`, `action`), or a plain text, which is the message.
enum FaultProblem {
    /// Fills in what `text` says. Members of another type than they should have are passed over.
    static func fill(_ fault: inout RootFault, from text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            if let members = JSONMembers(bytes) {
                fill(&fault, from: members)
            } else {
                fault.message = fitted(String(decoding: bytes, as: UTF8.self), limit: Limits.message)
            }
        }
    }

    private static func fill(_ fault: inout RootFault, from members: JSONMembers) {
        members.forEach { name, value in
            switch name {
            case "kind": fault.kind = members.text(value).flatMap { fitted($0, limit: Limits.name) } ?? fault.kind
            case "uri": fault.uri = members.text(value).flatMap { fitted($0, limit: Limits.uri) } ?? fault.uri
            case "message":
                fault.message = members.text(value).map { fitted($0, limit: Limits.message) } ?? fault.message
            case "invokeType":
                fault.invokeType = members.text(value).flatMap { fitted($0, limit: Limits.name) } ?? fault.invokeType
            case "action":
                fault.action = members.text(value).flatMap { fitted($0, limit: Limits.name) } ?? fault.action
            case "statusCode":
                if let status = members.whole(value), (100...599).contains(status) { fault.statusCode = Int(status) }
            case "responseBody":
                guard let body = members.content(value) else { break }
                fault.responseBody = Body(bytes: body, isBinary: false, originalSize: body.count, isTruncated: false)
            case "responseHeaders": fault.responseHeaders = headers(members, value)
            default: break
            }
        }
    }

    /// `{name: [value]}`, or `{name: value}`.
    private static func headers(_ members: JSONMembers, _ value: JSONSlice) -> [HeaderField] {
        var headers: [HeaderField] = []
        var bytes = 0
        func add(_ name: String, _ value: String) {
            bytes += name.utf8.count + value.utf8.count
            guard !name.isEmpty, !name.utf8.contains(0), headers.count < Limits.headerFields,
                bytes <= Limits.headerBytes
            else { return }
            headers.append(HeaderField(name: name, value: value))
        }
        members.object(value)?.forEach { name, value in
            if let text = members.text(value) {
                add(name, text)
            } else {
                members.elements(of: value) { element in members.text(element).map { add(name, $0) } }
            }
        }
        return headers
    }

    /// A text that is too long is left out as a whole, and says so where there is room: cut before redaction it could lose
    /// the part by which a secret is recognised.
    private static func fitted(_ text: String, limit: Int) -> String? {
        let count = text.unicodeScalars.count
        if count <= limit { return text }
        return limit < Limits.message ? nil : "(\(count) characters, more than \(limit), were left out)"
    }
}
