import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogInvoker
import HTTPTypes
import Logging
import NIOCore

/// Lets calls into the invoker: finds out whose they are, and where their connector sends them.
struct InvokerGate: InvokerDoor {
    /// What requests of the invoker are counted under.
    static let route = "/invoke/{connector_identifier}/{path}"

    let environment: ServerEnvironment
    let edge: EdgeResponder
    let targets: InvokerTargets

    init(environment: ServerEnvironment, edge: EdgeResponder) {
        (self.environment, self.edge) = (environment, edge)
        targets = InvokerTargets(environment: environment)
    }

    func admissionInMemory(_ path: InvokerPath, key text: String?) -> InvokerAdmission? {
        guard let text, let key = Authentication(environment: environment).key(text), key.role.records,
            let team = key.teamID, let route = targets.known(team: team, connector: path.connector)
        else { return nil }
        environment.catalog.noteUse(ofKey: key.id, at: environment.now)
        return InvokerAdmission(teamID: team, connector: path.connector, keyID: key.id, route: route)
    }

    func admit(
        _ path: InvokerPath, key text: String?, request: HTTPRequest, channel: any Channel
    ) async throws(InvokerRefusal) -> InvokerAdmission {
        let key = try caller(with: text, request, channel)
        environment.catalog.noteUse(ofKey: key.id, at: environment.now)
        guard key.role.records else {
            throw InvokerRefusal(.forbidden, "this key may not record calls: its role is \(key.role.rawValue)")
        }
        guard let team = key.teamID else {
            throw InvokerRefusal(.forbidden, "the owner's key is of no team: use one of the connector's team")
        }
        let route = try await targets.load(team: team, connector: path.connector)
        return InvokerAdmission(teamID: team, connector: path.connector, keyID: key.id, route: route)
    }

    private func caller(
        with text: String?, _ request: HTTPRequest, _ channel: any Channel
    ) throws(InvokerRefusal) -> APIKey {
        let authentication = Authentication(environment: environment)
        if let text, text.utf8.count <= Credentials.maximumBytes, let key = authentication.key(text) { return key }
        do throws(Authentication.Refusal) {
            _ = try authentication.noteFailure(
                of: PeerAddress(of: request, channel: channel, settings: environment.settings))
        } catch {
            throw InvokerRefusal(error.error.code, error.error.message, headers: error.error.headers)
        }
        throw InvokerRefusal(
            .unauthorized,
            text == nil
                ? "a call needs an API key in X-Connector-Log-Key, or behind ~ in its path"
                : "the API key is unknown, revoked or expired")
    }

    func requestID(of request: HTTPRequest) -> String {
        RequestID.taken(from: request.headerFields) ?? RequestID.make(environment.dependencies.randomBytes)
    }

    func answer(_ refusal: InvokerRefusal, requestID: String) -> (head: HTTPResponse, body: ByteBuffer) {
        edge.answer(APIError(refusal.code, refusal.message, headers: refusal.headers), requestID: requestID)
    }

    func noteCalls(stored: Int) { environment.metrics.noteCalls(stored: stored) }

    func noteCalls(dropped: Int) {
        environment.metrics.noteCalls(dropped: dropped)
        environment.callRecords.noteDropped(at: environment.now)
    }

    func noteStore(takesCalls: Bool) { environment.callRecords.noteStore(takesCalls: takesCalls) }

    func note(
        requestID: String, method: HTTPRequest.Method, status: Int, key: String?, duration: TimeAmount, isCall: Bool
    ) {
        edge.note(
            RequestFacts(
                requestID: requestID, method: RequestMethodLabel.label(for: method), route: Self.route, status: status,
                key: key),
            // An entry says more than a line.
            duration: .nanoseconds(duration.nanoseconds), at: isCall ? .debug : .info)
    }
}
