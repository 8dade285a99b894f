/// Asks for the same address again, from here: what a browser gets that came from another site without its cookie.
package struct BouncePage: PageModel {
    package static let template = PageTemplates.Name.bounce

    package let frame = PageFrame(title: "One moment", viewer: nil)
    package let address: String

    package init(address: String) {
        self.address = address
    }
}
