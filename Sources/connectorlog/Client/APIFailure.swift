import ConnectorLogCore

/// Why a call of the API failed. Carries what the server says of it, never a key or what was sent.
struct APIFailure: Error, Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// No connection: nothing was sent.
        case unconnected
        /// The connection broke.
        case unreachable
        case timedOut
        /// The address given is none.
        case misdirected
        case cancelled
        /// An answer that is not this API's.
        case unexpectedAnswer
        case answered(status: Int)
    }

    var kind: Kind
    /// `error.code` of the envelope.
    var code: String?
    var message: String
    /// `meta.request_id` of the envelope: the name of the failure in the server's log.
    var requestID: String?
    var retryAfter: Duration?

    init(_ kind: Kind, code: String? = nil, message: String, requestID: String? = nil, retryAfter: Duration? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.requestID = requestID
        self.retryAfter = retryAfter
    }

    /// Whether the same request may succeed later: the server is away, slow, busy (429, 503), out of room (507), or behind a gateway that
    /// cannot reach it (502, 504).
    var isTemporary: Bool {
        switch kind {
        case .unconnected, .unreachable, .timedOut: true
        case .answered(let status): [429, 502, 503, 504, 507].contains(status)
        case .misdirected, .cancelled, .unexpectedAnswer: false
        }
    }

    /// Whether the server may have done what was asked, and only its word of it is missing.
    var mayHaveBeenDone: Bool {
        switch kind {
        case .unconnected, .misdirected: false
        case .unreachable, .timedOut, .cancelled, .unexpectedAnswer: true
        // 507: the server found no room, and stored nothing.
        case .answered(let status): !(400..<500).contains(status) && status != 507
        }
    }

    var exitReason: ExitReason {
        switch kind {
        case .unconnected, .unreachable: .unavailable
        case .timedOut, .cancelled: .temporaryFailure
        case .misdirected: .configuration
        case .unexpectedAnswer: .internalError
        case .answered(let status):
            switch status {
            case 401, 403: .noPermission
            case 404: .noInput
            case 429, 502, 503, 504, 507: .temporaryFailure
            case 400..<500: .dataError
            default: .internalError
            }
        }
    }

    var commandFailure: CommandFailure {
        var text = message.withoutControls
        if let code { text += " (\(code.withoutControls))" }
        if let requestID { text += ", request \(requestID.withoutControls)" }
        return CommandFailure(exitReason, text)
    }
}
