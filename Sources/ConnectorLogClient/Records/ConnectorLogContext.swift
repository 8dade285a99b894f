/// Which run a call belongs to, and what it was made for. A run is known to the server by `stateID`, what it is a run of by
/// `flowID`. Texts have at most 255 characters.
///
/// ```swift
/// try await ConnectorLogContext.with(flowID: "nightly-sync", stateID: run.id) {
///     try await loadContacts()  // every call in here belongs to the run
/// }
/// ```
public struct ConnectorLogContext: Sendable, Hashable {
    /// That of the current task, and of the child tasks that it starts.
    @TaskLocal public static var current = ConnectorLogContext()

    public var flowID: String?
    public var flowName: String?
    public var flowVersion: String?
    public var stateID: String?
    /// What the connector was doing: `data.load`, `data.save`, `auth.token.refresh`.
    public var event: String?
    /// W3C trace context: 32 hexadecimal digits. Without it, a call's `traceparent` header says it.
    public var traceID: String?
    /// W3C trace context: 16 hexadecimal digits.
    public var spanID: String?

    public init(
        flowID: String? = nil, flowName: String? = nil, flowVersion: String? = nil, stateID: String? = nil,
        event: String? = nil, traceID: String? = nil, spanID: String? = nil
    ) {
        (self.flowID, self.flowName, self.flowVersion) = (flowID, flowName, flowVersion)
        (self.stateID, self.event) = (stateID, event)
        (self.traceID, self.spanID) = (traceID, spanID)
    }

    /// Runs `operation` in a context: what is given here, and for the rest what held already.
    public static func with<Result>(
        flowID: String? = nil, flowName: String? = nil, flowVersion: String? = nil, stateID: String? = nil,
        event: String? = nil, traceID: String? = nil, spanID: String? = nil,
        operation: () async throws -> Result
    ) async rethrows -> Result {
        let given = ConnectorLogContext(
            flowID: flowID, flowName: flowName, flowVersion: flowVersion, stateID: stateID, event: event,
            traceID: traceID, spanID: spanID)
        return try await with(given, operation: operation)
    }

    /// Runs `operation` in a context: what `context` says, and for the rest what held already.
    public static func with<Result>(
        _ context: ConnectorLogContext, operation: () async throws -> Result
    ) async rethrows -> Result {
        try await $current.withValue(context.over(current), operation: operation)
    }

    /// What this says, and for the rest what `outer` says. A span is of one trace: they are taken together.
    func over(_ outer: ConnectorLogContext) -> ConnectorLogContext {
        ConnectorLogContext(
            flowID: flowID ?? outer.flowID, flowName: flowName ?? outer.flowName,
            flowVersion: flowVersion ?? outer.flowVersion, stateID: stateID ?? outer.stateID,
            event: event ?? outer.event, traceID: traceID ?? outer.traceID,
            spanID: traceID == nil ? spanID ?? outer.spanID : spanID)
    }
}
