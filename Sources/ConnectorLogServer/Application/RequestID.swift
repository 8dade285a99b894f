import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes

/// The name of a request in answers and in the log.
enum RequestID {
    /// The client's own, when it has the form: 8...64 of letters, digits, `_` and `-`.
    static func taken(from headers: HTTPFields) -> String? {
        guard let value = headers[.xRequestID], (8...64).contains(value.utf8.count),
            value.utf8.allSatisfy(\.isIdentifierByte)
        else { return nil }
        return value
    }

    /// `req_` and 120 random bits.
    static func make(_ randomBytes: (Int) -> [UInt8]) -> String {
        "req_" + Base64.encodeURLSafe(randomBytes(15))
    }
}

/// Methods as labels: a closed set, whatever clients send.
enum RequestMethodLabel {
    static func label(for method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "other"
        }
    }
}
