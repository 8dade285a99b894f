/// The form that takes a key.
package struct SignInPage: PageModel {
    package static let template = PageTemplates.Name.signIn

    package let frame: PageFrame
    package let action = PageAddress.signIn
    /// Where to go on; already checked to be an address of this server.
    package let next: String?
    package let token: String
    /// Why the last attempt failed, in words for the reader.
    package let problem: String?
    /// Whether a session was there, and is over.
    package let hasEnded: Bool
    /// Whether a form came when the session was over already.
    package let isFormLost: Bool

    package init(
        next: String?, token: String, problem: String? = nil, hasEnded: Bool = false, isFormLost: Bool = false
    ) {
        self.isFormLost = isFormLost && problem == nil
        frame = PageFrame(title: "Sign in", viewer: nil)
        self.hasEnded = hasEnded && problem == nil
        (self.next, self.token, self.problem) = (next, token, problem)
    }

    /// `text` when it is a path of this server, else nil: a link must not send a reader elsewhere after sign-in.
    ///
    /// It has to begin with exactly one slash. Browsers read a backslash like a slash and drop tabs and line breaks
    /// (WHATWG URL), so these are refused wherever they stand, as are all characters outside printable ASCII.
    package static func localAddress(_ text: String?) -> String? {
        guard let text, text.utf8.first == UInt8(ascii: "/"), text.utf8.dropFirst().first != UInt8(ascii: "/"),
            text.utf8.count <= 4096, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return text
    }
}
