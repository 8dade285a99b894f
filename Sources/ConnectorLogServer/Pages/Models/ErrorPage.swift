/// What a reader sees when a page cannot be shown. Constant texts: nothing from inside the server stands here but the
/// request's id, by which its own log can be searched.
package struct ErrorPage: PageModel {
    package static let template = PageTemplates.Name.error

    package let frame: PageFrame
    package let status: Int
    package let heading: String
    package let advice: String
    package let requestID: String

    /// - Parameter status: 400...599.
    package init(status: Int, requestID: String, viewer: PageFrame.Viewer?) {
        (heading, advice) = Self.words(for: status)
        frame = PageFrame(title: heading, viewer: viewer)
        self.status = status
        self.requestID = requestID
    }

    private static func words(for status: Int) -> (heading: String, advice: String) {
        switch status {
        case 403:
            ("Not for this key", "The key that you signed in with may not do this. Ask the owner of the log.")
        case 404:
            ("Nothing here", "The address is wrong, or what it named is no longer kept.")
        case 429:
            ("Too many attempts", "The requests of this hour are used up. Wait a while, then try again.")
        case 503:
            ("Busy just now", "The log has more to do than it can. Try again in a moment.")
        case 500...:
            ("Something broke", "The fault is ours. Tell the owner of the log the request ID below.")
        default:
            ("That did not work", "The address or the form was not complete. Go back, reload the page and try again.")
        }
    }
}
