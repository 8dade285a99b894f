import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import HTTPTypes
import Hummingbird

/// What the headers and the query of an ingest request say of its body.
extension IngestFormat {
    /// Throws 415 for a type or coding that is not taken, 400 for a parameter that is none.
    init(of call: RouteCall) throws(APIError) {
        self.init(media: try Self.media(of: call), encoding: try Self.encoding(of: call))
        defaults = try RecordDefaults(call.query)
    }

    private static let accepted = "application/x-ndjson, application/json, application/har+json"

    private static func media(of call: RouteCall) throws(APIError) -> Media {
        let format = try call.query.value("format", "is har, nginx-json or envoy-json") { NamedFormat(rawValue: $0) }
        guard let type = MediaType(call.request), type.isUTF8 else { throw unsupported }
        switch (type.essence, format) {
        case ("application/x-ndjson", nil): return .ndjson
        case ("application/x-ndjson", .nginx): return .nginxLog
        case ("application/x-ndjson", .envoy): return .envoyLog
        case ("application/json", nil): return .json
        case ("application/har+json", nil), ("application/har+json", .har), ("application/json", .har): return .har
        case ("application/x-ndjson", _), ("application/json", _), ("application/har+json", _):
            throw APIError(
                .badRequest,
                "format har is application/har+json or application/json, nginx-json and envoy-json are application/x-ndjson"
            )
        default: throw unsupported
        }
    }

    private enum NamedFormat: String {
        case har
        case nginx = "nginx-json"
        case envoy = "envoy-json"
    }

    private static var unsupported: APIError {
        APIError(.unsupportedMediaType, "this call takes \(accepted)", headers: [.accept: accepted])
    }

    private static func encoding(of call: RouteCall) throws(APIError) -> Encoding {
        switch call.request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return .identity
        // RFC 9110, section 8.4.1.3.
        case "gzip", "x-gzip": return .gzip
        case "zstd": return .zstd
        case "deflate": return .deflate
        default:
            // RFC 7694, section 3.
            throw APIError(
                .unsupportedMediaType, "this call takes Content-Encoding gzip, zstd, deflate or identity",
                headers: [.acceptEncoding: "gzip, zstd, deflate, identity"])
        }
    }
}

extension RecordDefaults {
    fileprivate init(_ query: QueryParameters) throws(APIError) {
        self.init()
        team = try query.value("team_id", "is an integer of 1 or more") { text in
            Int64(text).flatMap { $0 >= 1 ? $0 : nil }
        }
        connector = try query.connector()
        event = try query.text("event", limit: Limits.event)
        flowID = try Self.name("flow_id", query)
        flowName = try Self.name("flow_name", query)
        flowVersion = try Self.name("flow_version", query)
        stateID = try Self.name("state_id", query)
    }

    /// It may stand in a row of a database, where U+0000 would end it.
    private static func name(_ name: String, _ query: QueryParameters) throws(APIError) -> String? {
        let text = try query.text(name, limit: Limits.identifier)
        guard text?.utf8.contains(0) != true else { throw APIError(.badRequest, "\(name) has U+0000") }
        return text
    }
}
