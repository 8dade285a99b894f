import ConnectorLogCore

/// One call that a sample connector makes.
struct SampleCall: Sendable {
    /// Where the call goes.
    enum Target: Sendable {
        case vendor
        /// A port of loopback at which nobody listens.
        case nobody
    }

    var connector: String
    var event: String
    var method: String
    var path: String
    var target: Target = .vendor
    var headers: [HTTPExchange.Header] = []
    var body: String?
    /// Whether the connector waits as the last answer's `Retry-After` says before it makes this call.
    var waitsToRetry = false
    /// Whether the connector gives up soon, because no answer will ever come. The other calls wait long, so that a slow
    /// machine does not make them fail too.
    var givesUpSoon = false
    /// What the failure of this call raises.
    var fault: Fault?

    struct Fault: Sendable {
        var name: String
        var kind: String
        var action: String
    }
}

/// A flow's run with the calls that it makes. Ids are fixed, so that a second start finds the run and does not double it.
struct SampleFlow: Sendable {
    var flowID: String
    var name: String
    var version: String
    var stateID: String
    var user: String
    var calls: [SampleCall]
    var status: FlowState.Status
    var currentStep: String
}
