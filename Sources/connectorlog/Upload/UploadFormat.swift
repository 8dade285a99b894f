/// What a source holds, and what the server is told of it beside its bytes.
struct UploadFormat: Equatable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// The flat form, one record a line.
        case lines
        /// An HTTP Archive.
        case har
        case nginx = "nginx-json"
        case envoy = "envoy-json"

        /// What its records are called when they are counted.
        var noun: String { self == .har ? "entries" : "lines" }
    }

    /// A parameter of the request, by which records get what they do not say themselves.
    struct Default: Equatable, Sendable {
        var name: String
        var value: String
    }

    var kind = Kind.lines
    var defaults: [Default] = []

    /// Bytes of a source that suffice to tell what it is.
    static let telling = 256

    /// What a source holds whose user did not say: an archive by its name, or by how it begins.
    ///
    /// - Parameter beginning: `telling` bytes, or all that there are.
    static func kind(ofFile name: String, beginning: some Collection<UInt8>) -> Kind {
        let name = name.lowercased()
        let extensions = [".har", ".zhar", ".har.gz", ".har.zst"]
        if extensions.contains(where: name.hasSuffix) { return .har }
        let text = String(decoding: beginning.prefix(telling), as: UTF8.self)
        let archive = /^\u{FEFF}?\s*\{\s*"log"\s*:\s*\{\s*"(?:version|creator|browser|pages|entries|comment)"\s*:/
        return text.firstMatch(of: archive) == nil ? .lines : .har
    }

    var contentType: String { kind == .har ? "application/har+json" : "application/x-ndjson" }

    var query: APIClient.Query {
        let format: APIClient.Query = kind == .nginx || kind == .envoy ? [("format", kind.rawValue)] : []
        return format + defaults.map { ($0.name, $0.value) }
    }

    /// Tells batches of one source apart that would be stored in different ways; empty for plain lines, whose journals are
    /// older than this.
    var identity: String {
        if self == UploadFormat() { return "" }
        return ([kind.rawValue] + defaults.map { "\($0.name)=\($0.value)" }).joined(separator: "\u{0}")
    }

    func makeBatcher(limits: LineBatcher.Limits, cuts: [UInt64]) -> any SourceBatcher {
        guard kind == .har else { return LineBatcher(limits: limits, cuts: cuts) }
        var limits = limits
        limits.lineBytes = limits.archiveEntryBytes
        return HARBatcher(limits: limits, cuts: cuts)
    }
}
