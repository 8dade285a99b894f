package import ConnectorLogCore

/// The debug view of a root fault: all that is known of it, as a list of two columns.
package struct FaultPage: PageModel {
    package static let template = PageTemplates.Name.fault

    package let frame: PageFrame
    package let name: String
    package let heading = "Response"
    package let occurred: DisplayTime
    package let facts: [EntryPage.Fact]
    package let statusCode: Badge
    package let message: MarkedText?
    /// When headers, body and receipt were removed; nil while they are kept.
    package let detailsRemoved: DisplayTime?
    package let headers: [HeaderRow]
    package let hasHeaders: Bool
    package let body: DisplayBody?
    package let receipt: [ReceiptRow]
    package let hasReceipt: Bool

    package init(viewer: PageFrame.Viewer, fault: RootFault) {
        let origin = PageOrigin(fault)
        frame = PageFrame(title: fault.name, crumbs: origin.crumbs("Root Fault"), viewer: viewer)
        name = fault.name
        occurred = DisplayTime(fault.occurredAt, precision: .milliseconds)
        statusCode = Badge(statusCode: fault.statusCode)
        message = fault.message.map(MarkedText.init)
        detailsRemoved = fault.detailsRemovedAt.map { DisplayTime($0) }
        headers = fault.responseHeaders.map(HeaderRow.init)
        hasHeaders = !fault.responseHeaders.isEmpty
        body = DisplayBody(fault.responseBody, contentType: fault.responseHeaders.contentType)
        receipt = fault.receipt.map(ReceiptRow.init)
        hasReceipt = !fault.receipt.isEmpty
        let known: [(label: String, value: String?, href: String?)] = [
            ("action", fault.action, nil), ("invokeType", fault.invokeType, nil), ("kind", fault.kind, nil),
            ("uri", fault.uri, nil), ("connector", fault.connectorIdentifier, nil),
            ("request ID", fault.entryRequestID, nil), ("State ID", fault.stateID, origin.logHref),
            ("Flow ID", fault.flowID, fault.flowID.map { PageAddress.flow(fault.teamID, $0) }),
            ("Fault ID", fault.id.description, nil),
        ]
        facts = known.compactMap { fact in
            fact.value.map {
                EntryPage.Fact(
                    label: fact.label, value: $0, factHref: fact.href, isID: fact.label.hasSuffix(" ID"))
            }
        }
    }
}
