import ConnectorLogIngest
import HTTPTypes

/// Which run of which flow a call belongs to, as its header says.
struct RunContext {
    private(set) var event: String?
    private(set) var requestID: String?
    private(set) var flowID: String?
    private(set) var flowName: String?
    private(set) var flowVersion: String?
    private(set) var stateID: String?
    /// The call as a span of its caller's trace.
    private(set) var trace: TraceContext?

    init(_ fields: HTTPFields, randomBytes: (Int) -> [UInt8]) {
        for field in fields {
            switch field.name.canonicalName {
            case "x-event-type": event = field.value
            case "x-request-id": requestID = field.value
            case "x-flow-id": flowID = field.value
            case "x-flow-name": flowName = field.value
            case "x-flow-version": flowVersion = field.value
            case "x-state-id": stateID = field.value
            case "traceparent": trace = TraceContext(field.value)?.child(randomBytes(8))
            default: break
            }
        }
    }

    func fill(_ record: inout RecordedCall) {
        record.event = event
        (record.flowID, record.flowName, record.flowVersion) = (flowID, flowName, flowVersion)
        record.stateID = stateID
        (record.traceID, record.spanID) = (trace?.traceID, trace?.spanID)
    }
}
