import ConnectorLogAPI
import ConnectorLogCore

/// One whole entry as people read it: its members in a fixed order, then headers, bodies, attributes and receipt.
struct EntryLayout: Equatable {
    struct Member: Equatable, Sendable {
        var name: String
        var value: String
        var outcome: Outcome?
    }

    struct Section: Equatable, Sendable {
        var title: String
        var lines: [String]
    }

    private(set) var members: [Member] = []
    private(set) var sections: [Section] = []

    init(_ entry: EntryDocument) {
        let summary = entry.summary
        let texts: [(String, String?)] = [
            ("id", summary.id.description), ("outcome", summary.outcome.name),
            ("log_time", summary.logTime.description), ("connector_identifier", summary.connectorIdentifier),
            ("event", summary.event), ("method", summary.method), ("uri", summary.uri),
            ("status", summary.status.map(String.init) ?? "none"),
            ("duration_ms", summary.durationMilliseconds.map { String($0) }), ("request_id", summary.requestID),
            ("flow_id", summary.flowID), ("flow_name", summary.flowName), ("flow_version", summary.flowVersion),
            ("state_id", summary.stateID), ("trace_id", summary.traceID), ("span_id", summary.spanID),
            ("error_name", summary.errorName), ("error_message", summary.errorMessage),
            ("details_removed_at", entry.detailsRemovedAt?.description),
        ]
        members = texts.compactMap { name, value in
            value.map {
                Member(name: name, value: $0, outcome: ["outcome", "status"].contains(name) ? summary.outcome : nil)
            }
        }
        add("request_headers", entry.requestHeaders.fields.map { "\($0.name): \($0.value)" })
        add(entry.requestBody, "request_body")
        add("response_headers", entry.responseHeaders.fields.map { "\($0.name): \($0.value)" })
        add(entry.responseBody, "response_body")
        if case .object(let attributes)? = entry.attributes {
            add("attributes", attributes.sorted { $0.key < $1.key }.map { "\($0.key): \(Self.text(of: $0.value))" })
        }
        add("receipt", entry.receipt.map { "\($0.rule) in \($0.field): \($0.count) removed" })
    }

    private mutating func add(_ title: String, _ lines: [String]) {
        if !lines.isEmpty { sections.append(Section(title: title, lines: lines)) }
    }

    private mutating func add(_ body: BodyDocument?, _ name: String) {
        guard let body else { return }
        let marks = [
            body.isBase64 ? "base64" : nil,
            body.isTruncated ? "cut" + (body.size.map { ", was \($0) bytes" } ?? "") : nil,
        ]
        let note = marks.compactMap(\.self).joined(separator: ", ")
        let lines = body.content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        add(name + (note.isEmpty ? "" : " (\(note))"), lines)
    }

    /// Attributes are text, numbers and booleans.
    private static func text(of value: JSONValue) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): Int64(exactly: number).map { String($0) } ?? String(number)
        case .bool(let flag): String(flag)
        case .null: "null"
        case .array, .object: "(nested)"
        }
    }
}
