import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// Why there is no connection, in words that help who has to mend it.
struct ConnectionTrouble {
    let text: String

    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self = Self(first.error)
            } else {
                text = "its name was not found"
            }
        case let error as IOError where error.errnoCode == ECONNREFUSED: text = "connection refused"
        case let error as IOError where error.errnoCode == ETIMEDOUT: text = "timed out"
        case let error as IOError: text = String(cString: strerror(error.errnoCode)).lowercased()
        case let error as ChannelError:
            if case .connectTimeout = error { text = "timed out" } else { text = "the connection was closed" }
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            text = "the server closed the connection"
        default: text = "the connection broke"
        }
    }
}
