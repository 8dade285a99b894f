import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import HTTPTypes
import Hummingbird
import NIOCore

/// OTLP/HTTP: `POST /v1/traces` and `POST /v1/logs`.
enum OTLPRoutes {
    @Sendable static func exportTraces(_ call: RouteCall) async throws -> Response {
        try await export(.traces, call)
    }

    @Sendable static func exportLogs(_ call: RouteCall) async throws -> Response {
        try await export(.logs, call)
    }

    private static func export(_ signal: OTLPSignal, _ call: RouteCall) async throws -> Response {
        guard let key = call.key else { throw APIError(.unauthorized, "this call needs an API key") }
        let format = try format(of: call.request, signal)
        let receiver = OTLPReceiver(environment: call.environment)
        let length = try RequestBodyBytes.contentLength(of: call.request)
        if let length, length > OTLPLimits.requestBytes {
            throw APIError(.contentTooLarge, "a request of OTLP has at most \(OTLPLimits.requestBytes) bytes")
        }
        let take = {
            let open = receiver.open(format, key: key)
            var received = 0
            try await RequestBodyBytes.forEachChunk(of: call.request) { chunk in
                received += chunk.readableBytes
                try chunk.withUnsafeReadableBytes { bytes throws(IngestError) in try open.feed(bytes) }
            }
            // A stream that was cut off must not pass for a whole one.
            if let length, received != length { throw APIError(.badRequest, "the body is shorter than Content-Length") }
            let outcome = try await open.finish()
            receiver.note(outcome, signal: signal, bytes: received, route: call.route.template, key: key)
            return try OTLPAnswer.success(outcome, format)
        }
        do {
            if let length, length < IngestRoute.leastBytesForThreads, format.encoding == .identity {
                return try await take()
            }
            return try await withTaskExecutorPreference(IngestRoute.threads) { try await take() }
        } catch let error as IngestError {
            throw APIError(ingest: error)
        }
    }

    private static func format(of request: Request, _ signal: OTLPSignal) throws(APIError) -> OTLPFormat {
        let accepted = "\(OTLPAnswer.protobuf), \(OTLPAnswer.json)"
        let media: OTLPFormat.Media
        switch MediaType(request)?.essence {
        case OTLPAnswer.protobuf: media = .protobuf
        case OTLPAnswer.json: media = .json
        default: throw APIError(.unsupportedMediaType, "this call takes \(accepted)", headers: [.accept: accepted])
        }
        return OTLPFormat(signal: signal, media: media, encoding: try IngestFormat.Encoding(of: request))
    }
}
