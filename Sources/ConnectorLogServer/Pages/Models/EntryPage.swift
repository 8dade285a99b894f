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
            self.body = DisplayBody(body, contentType: headers.contentType)
        }
    }

    package struct Fact: Hashable, Sendable {
        package let label: String
        package let value: String
        package let factHref: String?
        /// Leads to another host.
        package let isOutside: Bool
        /// Stands in monospace.
        package let isCode: Bool
        /// Has a button that copies it.
        package let isID: Bool

        init(
            label: String, value: String, factHref: String? = nil, isOutside: Bool = false, isCode: Bool = true,
            isID: Bool = true
        ) {
            (self.label, self.value, self.factHref) = (label, value, factHref)
            (self.isOutside, self.isCode, self.isID) = (isOutside, isCode, isID)
        }
    }

    /// The other calls of the same flow state that a reader turns to, by log time.
    package struct Neighbours: Hashable, Sendable {
        package var previous: EntryID?
        package var next: EntryID?
        package var firstFailed: EntryID?

        package init(previous: EntryID? = nil, next: EntryID? = nil, firstFailed: EntryID? = nil) {
            (self.previous, self.next, self.firstFailed) = (previous, next, firstFailed)
        }
    }

    package let frame: PageFrame
    package let method: String?
    package let uri: DisplayURI?
    package let occurred: DisplayTime
    /// Nil when the duration is unknown.
    package let ended: DisplayTime?
    package let outcome: Badge
    package let statusCode: Int?
    package let duration: String?
    /// "1,243,000 µs".
    package let exactDuration: String?
    package let errorName: String?
    package let errorMessage: MarkedText?
    package let hasError: Bool
    package let failuresHref: String?
    package let harHref: String
    package let hasNeighbours: Bool
    package let previousHref: String?
    package let nextHref: String?
    package let firstFailedHref: String?
    package let facts: [Fact]
    /// When headers, bodies, attributes and receipt were removed; nil while they are kept.
    package let detailsRemoved: DisplayTime?
    package let messages: [Message]
    /// Nil where no command can make the call again.
    package let curl: MarkedText?
    package let attributes: MarkedText?
    package let receipt: [ReceiptRow]
    package let hasReceipt: Bool

    package init(
        viewer: PageFrame.Viewer, entry: LogEntry, neighbours: Neighbours = Neighbours(), traceLink: TraceLink? = nil
    ) {
        let summary = entry.summary
        frame = PageFrame(title: "Log entry", crumbs: PageOrigin(summary).crumbs("Details"), viewer: viewer)
        method = summary.method
        uri = summary.uri.map(DisplayURI.init)
        occurred = DisplayTime(summary.logTime, precision: .milliseconds)
        ended = summary.durationMicroseconds.map {
            DisplayTime(summary.logTime.advanced(byMicroseconds: $0), precision: .milliseconds)
        }
        outcome = Badge(summary.outcome)
        statusCode = summary.status
        duration = summary.durationMicroseconds.map(DisplayDuration.call)
        exactDuration = summary.durationMicroseconds.map { "\(DisplayNumber.grouped(Int($0))) µs" }
        errorName = summary.errorName
        errorMessage = summary.errorMessage.map(MarkedText.init)
        hasError = summary.errorName != nil || summary.errorMessage != nil
        failuresHref = summary.outcome == .failed ? PageAddress.failures(summary.teamID, entry: summary.id) : nil
        harHref = PageAddress.har(summary.teamID, entry: summary.id)
        func address(_ id: EntryID?) -> String? { id.map { PageAddress.entry(summary.teamID, $0) } }
        previousHref = address(neighbours.previous)
        nextHref = address(neighbours.next)
        firstFailedHref = neighbours.firstFailed == summary.id ? nil : address(neighbours.firstFailed)
        hasNeighbours = previousHref != nil || nextHref != nil || firstFailedHref != nil
        facts = Self.facts(entry, traceLink)
        detailsRemoved = entry.detailsRemovedAt.map { DisplayTime($0) }
        messages = [
            Message(
                heading: "Request", anchor: "request", headers: entry.requestHeaders, body: entry.requestBody),
            Message(
                heading: "Response", anchor: "response", headers: entry.responseHeaders, body: entry.responseBody),
        ]
        curl = CurlCommand(entry).map { MarkedText($0.text) }
        attributes = entry.attributesJSON.map { json in
            MarkedText(JSONIndenter.indented(json.utf8).map { String(decoding: $0, as: UTF8.self) } ?? json)
        }
        receipt = entry.receipt.map(ReceiptRow.init)
        hasReceipt = !entry.receipt.isEmpty
    }

    private static func facts(_ entry: LogEntry, _ traceLink: TraceLink?) -> [Fact] {
        let summary = entry.summary
        let origin = PageOrigin(summary)
        var facts: [Fact] = []
        func add(_ label: String, _ value: String?, href: String? = nil, isOutside: Bool = false) {
            guard let value else { return }
            facts.append(Fact(label: label, value: value, factHref: href, isOutside: isOutside))
        }
        func addWord(_ label: String, _ value: String?, href: String? = nil, isCode: Bool = true) {
            guard let value else { return }
            facts.append(Fact(label: label, value: value, factHref: href, isCode: isCode, isID: false))
        }
        add("Log entry ID", summary.id.description)
        addWord(
            "Connector", summary.connectorIdentifier,
            href: PageAddress.connector(summary.teamID, summary.connectorIdentifier))
        addWord("Event", summary.event)
        add("Request ID", summary.requestID)
        for header in entry.responseHeaders where VendorRequestID.isName(header.name) {
            add("Vendor's \(header.name)", header.value)
        }
        add("State ID", summary.stateID, href: origin.logHref.map { "\($0)#\(PageAddress.callAnchor(summary.id))" })
        addWord("Flow", summary.flowName, isCode: false)
        add("Flow ID", summary.flowID, href: summary.flowID.map { PageAddress.flow(summary.teamID, $0) })
        addWord("Flow version", summary.flowVersion)
        let trace = summary.traceID.flatMap { traceLink?.address(ofTrace: $0) }
        add("Trace ID", summary.traceID, href: trace, isOutside: true)
        add("Span ID", summary.spanID)
        return facts
    }
}

/// One header field, or one field of a form, as pages show it.
package struct HeaderRow: Hashable, Sendable {
    package let headerName: String
    package let headerValue: MarkedText

    package init(_ field: HeaderField) {
        (headerName, headerValue) = (field.name, MarkedText(field.value))
    }
}
