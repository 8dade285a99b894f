import Crypto

/// The style sheet, the script and the icon, each under an address that holds its content's hash, so that a browser may keep
/// it for ever.
package struct PageAsset: Sendable {
    package let address: String
    package let mediaType: String
    package let bytes: [UInt8]

    init(name: String, suffix: String, mediaType: String, bytes: [UInt8]) {
        let hash = SHA256.hash(data: bytes).prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        address = "/assets/\(name)-\(hash).\(suffix)"
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

package enum PageAssets {
    package static let style = PageAsset(
        name: "pages", suffix: "css", mediaType: "text/css; charset=utf-8", bytes: PackageResources.pages_css)
    package static let script = PageAsset(
        name: "pages", suffix: "js", mediaType: "text/javascript; charset=utf-8", bytes: PackageResources.pages_js)
    package static let icon = PageAsset(
        name: "icon", suffix: "svg", mediaType: "image/svg+xml", bytes: PackageResources.icon_svg)

    package static let all = [style, script, icon]
}
