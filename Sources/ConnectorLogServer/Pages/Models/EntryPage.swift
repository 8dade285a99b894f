package import ConnectorLogCore

/// One call, whole: request, response, ids, and what redaction removed.
package struct EntryPage: PageModel {
    package static let template = PageTemplates.Name.entry

    package struct Message: Sendable {
        package let heading: String
        package let anchor: String
        package let headers: [HeaderRow]
        package let hasHeaders: Bool
        package let body: DisplayBody?

        init(heading: String, anchor: String, headers: [HeaderField], body: Body?) {
            self.heading = heading
            self.anchor = anchor
            self.headers = headers.map(HeaderRow.init)
            hasHeaders = !headers.isEmpty
            self.body = DisplayBody(body)
        }
    }

    package struct Fact: Hashable, Sendable {
        package let label: String
        package let value: String
        package let factHref: String?
        /// Ids stand in monospace.
        package let isID: Bool
    }

    package let frame: PageFrame
    package let method: String?
    package let uri: DisplayURI?
    package let occurred: DisplayTime
    package let outcome: Badge
    package let statusCode: Int?
    package let duration: String?
    package let errorName: String?
    package let errorMessage: MarkedText?
    package let hasError: Bool
    package let failuresHref: String?
    package let facts: [Fact]
    /// When headers, bodies, attributes and receipt were removed; nil while they are kept.
    package let detailsRemoved: DisplayTime?
    package let messages: [Message]
    package let attributes: MarkedText?
    package let receipt: [ReceiptRow]
    package let hasReceipt: Bool

    package init(viewer: PageFrame.Viewer, entry: LogEntry) {
        let summary = entry.summary
        frame = PageFrame(title: "Log entry", crumbs: PageOrigin(summary).crumbs("Details"), viewer: viewer)
        method = summary.method
        uri = summary.uri.map(DisplayURI.init)
        occurred = DisplayTime(summary.logTime, precision: .milliseconds)
        outcome = Badge(summary.outcome)
        statusCode = summary.status
        duration = summary.durationMicroseconds.map(DisplayDuration.call)
        errorName = summary.errorName
        errorMessage = summary.errorMessage.map(MarkedText.init)
        hasError = summary.errorName != nil || summary.errorMessage != nil
        failuresHref = summary.outcome == .failed ? PageAddress.failures(summary.teamID, entry: summary.id) : nil
        facts = Self.facts(entry)
        detailsRemoved = entry.detailsRemovedAt.map { DisplayTime($0) }
        messages = [
            Message(
                heading: "Request", anchor: "request", headers: entry.requestHeaders, body: entry.requestBody),
            Message(
                heading: "Response", anchor: "response", headers: entry.responseHeaders, body: entry.responseBody),
        ]
        attributes = entry.attributesJSON.map { json in
            MarkedText(JSONIndenter.indented(json.utf8).map { String(decoding: $0, as: UTF8.self) } ?? json)
        }
        receipt = entry.receipt.map(ReceiptRow.init)
        hasReceipt = !entry.receipt.isEmpty
    }

    private static func facts(_ entry: LogEntry) -> [Fact] {
        let summary = entry.summary
        let origin = PageOrigin(summary)
        var facts: [Fact] = []
        func add(_ label: String, _ value: String?, href: String? = nil, isID: Bool = true) {
            guard let value else { return }
            facts.append(Fact(label: label, value: value, factHref: href, isID: isID))
        }
        add("Log entry ID", summary.id.description)
        add("Connector", summary.connectorIdentifier)
        add("Event", summary.event)
        add("Request ID", summary.requestID)
        for header in entry.responseHeaders where VendorRequestID.isName(header.name) {
            add("Vendor's \(header.name)", header.value)
        }
        add("State ID", summary.stateID, href: origin.logHref)
        add("Flow", summary.flowName, isID: false)
        add("Flow ID", summary.flowID, href: summary.flowID.map { PageAddress.flow(summary.teamID, $0) })
        add("Flow version", summary.flowVersion)
        add("Trace ID", summary.traceID)
        add("Span ID", summary.spanID)
        return facts
    }
}

/// One header field as pages show it.
package struct HeaderRow: Hashable, Sendable {
    package let headerName: String
    package let headerValue: MarkedText

    package init(_ field: HeaderField) {
        (headerName, headerValue) = (field.name, MarkedText(field.value))
    }
}
