package import ConnectorLogCore

/// One part of a root fault, whole: what a View link of the Connector Log opens.
package struct FaultPartPage: PageModel {
    package static let template = PageTemplates.Name.faultPart

    package let frame: PageFrame
    package let heading: String
    package let faultName: String
    package let faultHref: String
    package let message: MarkedText?
    package let headers: [HeaderRow]
    package let hasHeaders: Bool
    package let body: DisplayBody?
    package let isEmpty: Bool

    package init(viewer: PageFrame.Viewer, fault: RootFault, part: PageAddress.FaultPart) {
        heading =
            switch part {
            case .message: "Message"
            case .responseBody: "Response Body"
            case .responseHeaders: "Response Headers"
            }
        frame = PageFrame(title: heading, crumbs: PageOrigin(fault).crumbs(heading), viewer: viewer)
        faultName = fault.name
        faultHref = PageAddress.fault(fault.teamID, fault.id)
        message = part == .message ? fault.message.map(MarkedText.init) : nil
        headers = part == .responseHeaders ? fault.responseHeaders.map(HeaderRow.init) : []
        hasHeaders = !headers.isEmpty
        body = part == .responseBody ? DisplayBody(fault.responseBody) : nil
        isEmpty = message == nil && headers.isEmpty && body == nil
    }
}
