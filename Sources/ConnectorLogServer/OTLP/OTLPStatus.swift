package import ConnectorLogAPI
import HTTPTypes
package import OTLPProtobuf
import SwiftProtobuf

/// The codes of gRPC (google/rpc/code.proto) that we answer with.
package enum OTLPStatus: Int, Sendable {
    case invalidArgument = 3
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case unavailable = 14
    case unauthenticated = 16

    /// OTLP's clients repeat a request on UNAVAILABLE alone (over HTTP: 429, 502, 503, 504). What the server fails at may be
    /// mended before they give up, so that it is no INTERNAL, on which they would drop their records.
    package init(_ code: ErrorCode) {
        self =
            switch code {
            case .badRequest, .invalidCursor, .unsupportedMediaType, .unprocessableEntity, .conflict: .invalidArgument
            case .unauthorized: .unauthenticated
            case .forbidden: .permissionDenied
            case .notFound: .notFound
            case .methodNotAllowed: .unimplemented
            case .contentTooLarge: .resourceExhausted
            case .tooManyRequests, .internalServerError, .badGateway, .serviceUnavailable, .gatewayTimeout,
                .insufficientStorage:
                .unavailable
            }
    }
}

extension APIError {
    /// The status over HTTP: the two that clients do not repeat, though they could, are 503.
    package var otlpHTTPStatus: Int {
        switch code {
        case .internalServerError, .insufficientStorage: 503
        default: code.status
        }
    }

    /// Seconds after which a client may try again.
    package var retrySeconds: Int? {
        guard OTLPStatus(code) == .unavailable else { return nil }
        return headers[.retryAfter].flatMap { Int($0) } ?? 5
    }

    /// google.rpc.Status, with google.rpc.RetryInfo when it may be repeated.
    package var otlpStatus: OTLPRPCStatus {
        var status = OTLPRPCStatus()
        status.code = Int32(OTLPStatus(code).rawValue)
        status.message = message
        if let info = otlpRetryInfo, let bytes: [UInt8] = try? info.serializedBytes() {
            var detail = OTLPRPCStatus.Detail()
            detail.typeURL = "type.googleapis.com/google.rpc.RetryInfo"
            detail.value = .init(bytes)
            status.details = [detail]
        }
        return status
    }

    package var otlpRetryInfo: OTLPRetryInfo? {
        guard let seconds = retrySeconds else { return nil }
        var info = OTLPRetryInfo()
        info.retryDelay.seconds = Int64(seconds)
        return info
    }
}
