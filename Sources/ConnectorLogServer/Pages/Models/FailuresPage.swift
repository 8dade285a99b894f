package import ConnectorLogCore

/// The Failures form of one call: how the call itself failed, and the root faults that came of it.
package struct FailuresPage: PageModel {
    package static let template = PageTemplates.Name.failures

    package struct Failure: Sendable {
        package let kind: String
        package let occurred: DisplayTime
        package let statusCode: Badge
        package let message: String
        /// A formatted JSON object.
        package let content: MarkedText
        /// The same to fold; nil when it is very large.
        package let tree: JSONTree?
        /// Where it is told what was removed; nil when nothing in the content is marked.
        package let receiptHref: String?
        package let actionLabel: String
        package let actionHref: String

        /// - Parameter content: members; those that are nil are left out.
        init(
            kind: String, occurred: DisplayTime, statusCode: Badge, message: String,
            content: [(name: String, json: String?)], actionLabel: String, actionHref: String
        ) {
            (self.kind, self.occurred, self.statusCode, self.message) = (kind, occurred, statusCode, message)
            (self.actionLabel, self.actionHref) = (actionLabel, actionHref)
            let json = JSONText.object(content.compactMap { name, json in json.map { (name, $0) } })
            let indented = JSONIndenter.indented(json.utf8)
            let marked = MarkedText(indented.map { String(decoding: $0, as: UTF8.self) } ?? json)
            self.content = marked
            tree = indented.flatMap { JSONTree(indented: $0) }
            receiptHref = marked.pieces.contains(where: \.isRedaction) ? actionHref + "#redactions" : nil
        }
    }

    package let frame: PageFrame
    package let method: String?
    package let uri: String?
    package let failures: [Failure]
    package let hasFailures: Bool
    package let backHref: String?

    package init(viewer: PageFrame.Viewer, entry: LogEntry, faults: [RootFault]) {
        let origin = PageOrigin(entry.summary)
        frame = PageFrame(title: "Failures", crumbs: origin.crumbs("Failures"), viewer: viewer)
        method = entry.summary.method
        uri = entry.summary.uri
        backHref = origin.logHref
        failures =
            (entry.summary.outcome == .failed ? [Self.failure(of: entry)] : []) + faults.map(Self.failure(of:))
        hasFailures = !failures.isEmpty
    }

    private static func failure(of entry: LogEntry) -> Failure {
        let summary = entry.summary
        let content: [(name: String, json: String?)] = [
            ("name", summary.errorName.map(JSONText.string)),
            ("message", summary.errorMessage.map(JSONText.string)),
            ("uri", summary.uri.map(JSONText.string)),
            ("method", summary.method.map(JSONText.string)),
            ("statusCode", summary.status.map(String.init) ?? "null"),
            ("responseHeaders", headers(entry.responseHeaders)),
            ("responseBody", json(entry.responseBody)),
        ]
        return Failure(
            kind: "Call", occurred: DisplayTime(summary.logTime, precision: .milliseconds),
            statusCode: Badge(statusCode: summary.status), message: message(of: summary),
            content: content, actionLabel: "Details", actionHref: PageAddress.entry(summary.teamID, summary.id))
    }

    private static func failure(of fault: RootFault) -> Failure {
        let content: [(name: String, json: String?)] = [
            ("name", JSONText.string(fault.name)),
            ("kind", fault.kind.map(JSONText.string)),
            ("message", fault.message.map(JSONText.string)),
            ("uri", fault.uri.map(JSONText.string)),
            ("statusCode", fault.statusCode.map(String.init) ?? "null"),
            ("action", fault.action.map(JSONText.string)),
            ("invokeType", fault.invokeType.map(JSONText.string)),
            ("responseHeaders", headers(fault.responseHeaders)),
            ("responseBody", json(fault.responseBody)),
        ]
        return Failure(
            kind: "Root fault", occurred: DisplayTime(fault.occurredAt, precision: .milliseconds),
            statusCode: Badge(statusCode: fault.statusCode), message: fault.message ?? fault.name,
            content: content, actionLabel: "Root fault", actionHref: PageAddress.fault(fault.teamID, fault.id))
    }

    /// What the recorder said, else what the status says.
    private static func message(of summary: EntrySummary) -> String {
        if let message = summary.errorMessage ?? summary.errorName { return message }
        return summary.status.map { "The vendor answered with status \($0)." } ?? "No response came."
    }

    /// An object of name and value, or of name and values where a name repeats; nil without headers.
    private static func headers(_ headers: [HeaderField]) -> String? {
        guard !headers.isEmpty else { return nil }
        var names: [String] = []
        var values: [String: [String]] = [:]
        for header in headers {
            if values[header.name] == nil { names.append(header.name) }
            values[header.name, default: []].append(JSONText.string(header.value))
        }
        return JSONText.object(
            names.map { name in
                let all = values[name] ?? []
                return (name, all.count == 1 ? all[0] : JSONText.array(all))
            })
    }

    /// A body that is JSON stands in the content as JSON, any other as a string.
    private static func json(_ body: Body?) -> String? {
        guard let body, !body.bytes.isEmpty else { return nil }
        if body.isBinary { return JSONText.string("(binary, \(DisplayNumber.bytes(body.originalSize)))") }
        guard let indented = JSONIndenter.indented(body.bytes) else { return JSONText.string(body.text) }
        return String(decoding: indented, as: UTF8.self)
    }
}
