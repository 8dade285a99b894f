import ConnectorLogCore

/// What a span tells of the flow run that it belongs to.
struct FlowRun {
    var flowID: String?
    var flowName: String?
    var flowVersion: String?
    var stateID: String
    /// Nothing named the run, so that its trace stands for it: it began and ended with its root span.
    var isOfTrace: Bool

    /// What one takes in memory, with four texts of the common length.
    static let byteCount = 400
    /// Runs of one request whose calls are told of them.
    static let limit = 10_000
}
