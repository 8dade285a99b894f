package import ConnectorLogAPI
package import HTTPTypes
package import NIOCore

/// Who is let in, and with what: the server's side of the invoker.
package protocol InvokerDoor: Sendable {
    /// What is known of this call without asking the store; nil when it has to be asked. Called on an event loop.
    func admissionInMemory(_ path: InvokerPath, key: String?) -> InvokerAdmission?
    /// As above, asking the store. Throws 401, 403, 404, 422, 429 and 503.
    func admit(
        _ path: InvokerPath, key: String?, request: HTTPRequest, channel: any Channel
    ) async throws(InvokerRefusal) -> InvokerAdmission
    /// The name of a request in answers and in the log.
    func requestID(of request: HTTPRequest) -> String
    /// An answer in the one envelope, with the headers that all answers of the server have.
    func answer(_ refusal: InvokerRefusal, requestID: String) -> (head: HTTPResponse, body: ByteBuffer)
    /// Counts calls whose record is on disk.
    func noteCalls(stored: Int)
    /// Counts calls that went through and are in no log.
    func noteCalls(dropped: Int)
    /// The store begins or ceases to take calls.
    func noteStore(takesCalls: Bool)
    /// Counts an answer, and writes the line of the log.
    ///
    /// - Parameter isCall: it is in the log as an entry.
    func note(
        requestID: String, method: HTTPRequest.Method, status: Int, key: String?, duration: TimeAmount, isCall: Bool)
}

/// Where the calls of a connector go, and what the invoker puts into them.
package final class InvokerRoute: Sendable {
    /// A field that the invoker sets.
    package struct Header: Sendable {
        package var name: String
        /// Secret.
        package var value: String
        /// With names of secrets in the place of their values.
        package var shown: String

        package init(name: String, value: String, shown: String) {
            (self.name, self.value, self.shown) = (name, value, shown)
        }
    }

    package let target: ConnectorTarget
    package let headers: [Header]
    /// Names of `headers` in lower case: a caller's own fields of these names end here.
    let replaced: Set<String>

    package init(target: ConnectorTarget, headers: [Header]) {
        (self.target, self.headers) = (target, headers)
        replaced = Set(headers.map { $0.name.lowercased() })
    }
}

/// A call that may go through.
package struct InvokerAdmission: Sendable {
    package var teamID: Int64
    package var connector: String
    /// The caller's key, by its id.
    package var keyID: String
    package var route: InvokerRoute

    package init(teamID: Int64, connector: String, keyID: String, route: InvokerRoute) {
        (self.teamID, self.connector, self.keyID, self.route) = (teamID, connector, keyID, route)
    }
}

/// Why a call does not go through.
package struct InvokerRefusal: Error, Sendable {
    package var code: ErrorCode
    package var message: String
    package var headers: HTTPFields

    package init(_ code: ErrorCode, _ message: String, headers: HTTPFields = [:]) {
        (self.code, self.message, self.headers) = (code, message, headers)
    }
}
