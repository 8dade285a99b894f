import ConnectorLogAPI
import ConnectorLogCore
package import ConnectorLogIngest
import HTTPTypes
import Hummingbird
package import OTLPProtobuf
import SwiftProtobuf

/// Answers of OTLP/HTTP, in the encoding of the request (OTLP specification, "OTLP/HTTP Response").
enum OTLPAnswer {
    static let protobuf = "application/x-protobuf"
    static let json = "application/json"

    /// 200: without content, or `{}`, when nothing was rejected.
    static func success(_ outcome: OTLPOutcome, _ format: OTLPFormat) throws -> Response {
        switch format.signal {
        case .traces: try response(OTLPTracesResponse(outcome), format.media, status: .ok)
        case .logs: try response(OTLPLogsResponse(outcome), format.media, status: .ok)
        }
    }

    /// The answer to a request of OTLP that failed; nil for other requests.
    static func refusal(for error: APIError, request: Request) -> Response? {
        let path = request.uri.path
        guard Route.otlp.contains(where: { $0.template == path }) else { return nil }
        let media: OTLPFormat.Media = MediaType(request)?.essence == json ? .json : .protobuf
        guard
            var response = try? response(
                error.otlpStatus, media, status: HTTPResponse.Status(code: error.otlpHTTPStatus))
        else { return nil }
        if let seconds = error.retrySeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    private static func response(
        _ message: some Message, _ media: OTLPFormat.Media, status: HTTPResponse.Status
    ) throws -> Response {
        let bytes: [UInt8] =
            switch media {
            case .protobuf: try message.serializedBytes()
            case .json: try message.jsonUTF8Bytes()
            }
        return bytes.withUnsafeBytes {
            Response(status: status, bytes: $0, mediaType: media == .json ? json : protobuf)
        }
    }
}

extension OTLPTracesResponse {
    package init(_ outcome: OTLPOutcome) {
        self.init()
        guard let message = outcome.rejection(of: .traces) else { return }
        partialSuccess.rejectedSpans = Int64(outcome.rejected)
        partialSuccess.errorMessage = message
    }
}

extension OTLPLogsResponse {
    package init(_ outcome: OTLPOutcome) {
        self.init()
        guard let message = outcome.rejection(of: .logs) else { return }
        partialSuccess.rejectedLogRecords = Int64(outcome.rejected)
        partialSuccess.errorMessage = message
    }
}
