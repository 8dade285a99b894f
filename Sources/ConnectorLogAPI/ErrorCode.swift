/// The codes of errors: stable, for programs. Each stands for one status; clients of the compatible API choose their
/// exception by the code.
package enum ErrorCode: String, Sendable, CaseIterable, Codable {
    case badRequest = "BAD_REQUEST"
    /// A cursor that this server did not give, or gave for a list with other filters.
    case invalidCursor = "INVALID_CURSOR"
    case unauthorized = "UNAUTHORIZED"
    case forbidden = "FORBIDDEN"
    case notFound = "NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case conflict = "CONFLICT_ERROR"
    case contentTooLarge = "CONTENT_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case unprocessableEntity = "UNPROCESSABLE_ENTITY"
    case tooManyRequests = "TOO_MANY_REQUESTS"
    case internalServerError = "INTERNAL_SERVER_ERROR"
    /// Of the invoker: the vendor gave no valid answer.
    case badGateway = "BAD_GATEWAY"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"
    /// Of the invoker: the vendor gave no answer within the connector's time limit.
    case gatewayTimeout = "GATEWAY_TIMEOUT"
    /// The disk is full: nothing of the request was stored. An erasure may be begun, and is ended later.
    case insufficientStorage = "INSUFFICIENT_STORAGE"

    /// The HTTP status (RFC 9110, section 15; 429: RFC 6585, section 4; 507: RFC 4918, section 11.5).
    package var status: Int {
        switch self {
        case .badRequest, .invalidCursor: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .contentTooLarge: 413
        case .unsupportedMediaType: 415
        case .unprocessableEntity: 422
        case .tooManyRequests: 429
        case .internalServerError: 500
        case .badGateway: 502
        case .serviceUnavailable: 503
        case .gatewayTimeout: 504
        case .insufficientStorage: 507
        }
    }
}

/// The one shape of every answer with a status of 400 or more.
package struct ErrorEnvelope: Decodable, Equatable, Sendable {
    package struct Meta: Decodable, Equatable, Sendable {
        /// `[A-Za-z0-9_-]{8,64}`; also in the header `X-Request-Id`.
        package var requestID: String

        package init(requestID: String) {
            self.requestID = requestID
        }

        private enum CodingKeys: String, CodingKey {
            case requestID = "request_id"
        }
    }

    package struct Detail: Decodable, Equatable, Sendable {
        /// An `ErrorCode`; text, so that clients survive a code of a newer server.
        package var code: String
        /// 1...255 characters.
        package var message: String
        /// At most 2,048 characters.
        package var description: String?

        package init(code: ErrorCode, message: String, description: String? = nil) {
            self.code = code.rawValue
            self.message = message.isEmpty ? code.rawValue : String(message.prefix(255))
            self.description = description.map { String($0.prefix(2048)) }
        }
    }

    package var meta: Meta
    package var error: Detail

    package init(requestID: String, code: ErrorCode, message: String, description: String? = nil) {
        meta = Meta(requestID: requestID)
        error = Detail(code: code, message: message, description: description)
    }
}

extension ErrorEnvelope: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { writeMembers(to: &$0) }
    }

    /// `meta` and `error`, for answers that add to them.
    package func writeMembers(to json: inout JSONWriter) {
        json.member("meta", meta)
        json.member("error", error)
    }
}

extension ErrorEnvelope.Meta: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { $0.member("request_id", requestID) }
    }
}

extension ErrorEnvelope.Detail: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("code", code)
            $0.member("message", message)
            if let description { $0.member("description", description) }
        }
    }
}
