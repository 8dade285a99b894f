import AsyncHTTPClient
import ConnectorLogAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a call has no valid answer. Texts are our own: those of libraries may quote what was sent.
struct CallFailure: Error, Equatable {
    /// What the caller is told, and the root fault is called.
    enum Kind: Equatable {
        case badGateway, gatewayTimeout
        /// The caller's request is at fault.
        case badRequest

        var faultName: String? {
            switch self {
            case .badGateway: "Bad Gateway"
            case .gatewayTimeout: "Gateway Timeout"
            case .badRequest: nil
            }
        }

        var code: ErrorCode {
            switch self {
            case .badGateway: .badGateway
            case .gatewayTimeout: .gatewayTimeout
            case .badRequest: .badRequest
            }
        }
    }

    var kind: Kind
    /// The entry's `error_name`.
    var name: String
    var message: String

    static func timeLimit(_ seconds: Int) -> CallFailure {
        CallFailure(kind: .gatewayTimeout, name: "TimeLimit", message: "no answer within \(seconds) seconds")
    }

    static let forbiddenTarget = CallFailure(
        kind: .badGateway, name: "TargetNotAllowed",
        message: "the vendor's host has an address of a private network, which the owner of the log has not allowed")

    private static let passing: Set<String> = [
        "ConnectionRefused", "NameNotResolved", "Unreachable", "ConnectionReset", "ConnectionClosed",
        "ConnectionFailed",
        "ConnectTimeout",
    ]

    /// Whether it may be over in a moment.
    var mayPass: Bool { Self.passing.contains(name) }

    /// After the head of an answer, part of which never came.
    var afterHead: CallFailure {
        kind == .gatewayTimeout
            ? CallFailure(kind: kind, name: name, message: "the answer stood still for longer than the time limit")
            : CallFailure(kind: kind, name: "AnswerBrokeOff", message: "the answer broke off: \(message)")
    }

    init(kind: Kind, name: String, message: String) {
        (self.kind, self.name, self.message) = (kind, name, message)
    }

    init(_ error: any Error) {
        switch error {
        case let failure as CallFailure: self = failure
        case let error as NIOConnectionError: self.init(connecting: error)
        case let error as HTTPClientError: self.init(client: error)
        case let error as IOError: self.init(errno: error.errnoCode)
        case is HTTPParserError:
            self.init(kind: .badGateway, name: "MalformedAnswer", message: "the vendor's answer is no HTTP")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self.init(kind: .badGateway, name: "TLSFailed", message: "TLS with the vendor failed: \(Self.tls(error))")
        case ChannelError.connectTimeout(_):
            self.init(kind: .gatewayTimeout, name: "ConnectTimeout", message: "no connection to the vendor in time")
        case is ChannelError:
            self.init(kind: .badGateway, name: "ConnectionClosed", message: "the vendor closed the connection")
        default:
            self.init(
                kind: .badGateway, name: "CallFailed",
                message: "the call failed (\(String(reflecting: type(of: error))))")
        }
    }

    private init(connecting error: NIOConnectionError) {
        if let first = error.connectionErrors.first {
            let failure = CallFailure(first.error)
            self = failure.name == "CallFailed" ? Self.unreachable : failure
        } else if error.dnsAError != nil || error.dnsAAAAError != nil {
            self.init(
                kind: .badGateway, name: "NameNotResolved", message: "the vendor's host name could not be resolved")
        } else {
            self = Self.unreachable
        }
    }

    private static let unreachable = CallFailure(
        kind: .badGateway, name: "Unreachable", message: "the vendor cannot be reached")

    private init(client error: HTTPClientError) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            self.init(kind: .gatewayTimeout, name: "ConnectTimeout", message: "no connection to the vendor in time")
        case .readTimeout, .deadlineExceeded, .writeTimeout:
            self.init(kind: .gatewayTimeout, name: "TimeLimit", message: "no answer in time")
        case .remoteConnectionClosed:
            self.init(
                kind: .badGateway, name: "ConnectionClosed",
                message: "the vendor closed the connection without an answer")
        case .bodyLengthMismatch:
            self.init(
                kind: .badRequest, name: "BodyLengthMismatch",
                message: "the body has another length than Content-Length")
        case .traceRequestWithBody:
            self.init(kind: .badRequest, name: "InvalidRequest", message: "TRACE has no body")
        default:
            self.init(
                kind: .badGateway, name: "CallFailed", message: "the call failed (\(error.shortDescription))")
        }
    }

    private init(errno code: CInt) {
        switch code {
        case ECONNREFUSED:
            self.init(kind: .badGateway, name: "ConnectionRefused", message: "the vendor refused the connection")
        case ECONNRESET, EPIPE:
            self.init(kind: .badGateway, name: "ConnectionReset", message: "the vendor reset the connection")
        case ETIMEDOUT:
            self.init(kind: .gatewayTimeout, name: "ConnectTimeout", message: "no connection to the vendor in time")
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: self = Self.unreachable
        default:
            self.init(
                kind: .badGateway, name: "ConnectionFailed", message: "the connection failed (system error \(code))")
        }
    }

    private static func tls(_ error: any Error) -> String {
        if (error as? NIOSSLExtraError) == .failedToValidateHostname { return "the certificate is for another host" }
        guard let error = error as? NIOSSLError else { return "the connection failed" }
        return switch error {
        case .handshakeFailed(let cause) where "\(cause)".contains("CERTIFICATE_VERIFY_FAILED"):
            "the certificate is not trusted"
        case .handshakeFailed: "there was no agreement in the handshake"
        case .uncleanShutdown: "the connection was cut"
        default: "the connection failed"
        }
    }
}
