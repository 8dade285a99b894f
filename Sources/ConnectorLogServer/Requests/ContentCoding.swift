import ConnectorLogAPI
import ConnectorLogIngest
import HTTPTypes
import Hummingbird

extension IngestFormat.Encoding {
    /// The coding of a body, of which there is one at most (RFC 9110, section 8.4). Throws 415 for others.
    init(of request: Request) throws(APIError) {
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity", "": self = .identity
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        case "zstd": self = .zstd
        default:
            throw APIError(
                .unsupportedMediaType, "this call takes Content-Encoding gzip, deflate, zstd or identity",
                headers: [.acceptEncoding: "gzip, deflate, zstd, identity"])
        }
    }
}
