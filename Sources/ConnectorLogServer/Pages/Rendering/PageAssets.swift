import ConnectorLogCore
import Crypto

/// The style sheet, the script and the icon, each under an address that holds its content's hash, so that a browser may keep
/// it for ever.
package struct PageAsset: Sendable {
    package let address: String
    package let mediaType: String
    package let bytes: [UInt8]
    /// Compressed once, as well as can be.
    package let packed: [UInt8]?

    init(name: String, suffix: String, mediaType: String, bytes: [UInt8]) {
        let hash = SHA256.hash(data: bytes).prefix(8).hexadecimal
        address = "/assets/\(name)-\(hash).\(suffix)"
        self.mediaType = mediaType
        self.bytes = bytes
        packed = PageEncoding.gzip(bytes, level: 9)
    }
}

package enum PageAssets {
    /// One file to the browser, several to us. The order counts.
    package static let style = PageAsset(
        name: "pages", suffix: "css", mediaType: "text/css; charset=utf-8",
        bytes: [
            PackageResources.pages_css, PackageResources.charts_css, PackageResources.search_css,
            PackageResources.connectors_css, PackageResources.settings_css, PackageResources.entry_css,
            PackageResources.waterfall_css, PackageResources.live_css, PackageResources.forced_css,
            PackageResources.narrow_css,
        ].flatMap(\.self))
    package static let script = PageAsset(
        name: "pages", suffix: "js", mediaType: "text/javascript; charset=utf-8",
        bytes: [
            PackageResources.pages_js, PackageResources.charts_js, PackageResources.fold_js, PackageResources.live_js,
            PackageResources.loading_js,
        ].flatMap(\.self))
    package static let icon = PageAsset(
        name: "icon", suffix: "svg", mediaType: "image/svg+xml", bytes: PackageResources.icon_svg)

    package static let all = [style, script, icon]
}
