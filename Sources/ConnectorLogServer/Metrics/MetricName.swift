/// The server's own metrics, all in one place: what `/metrics` shows and the documentation lists. Labels come from closed
/// sets: a route's template, never a URL.
package struct MetricName: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    package let labels: [String]
    package let help: String

    private init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        (self.name, self.kind, self.labels, self.help) = (name, kind, labels, help)
    }

    static let requests = MetricName(
        "connectorlog_http_requests_total", .counter, labels: ["route", "method", "status"],
        "Requests answered, by the route's template, method and status.")
    static let requestDuration = MetricName(
        "connectorlog_http_request_duration_seconds", .histogram, labels: ["route", "method"],
        "Time from a request's head to its answer, in seconds.")
    static let failedAuthentications = MetricName(
        "connectorlog_failed_authentications_total", .counter,
        "Requests that came without a key, or with one that is unknown, revoked or expired.")
    static let ingestLines = MetricName(
        "connectorlog_ingest_lines_total", .counter, labels: ["result"],
        "Lines of ingest requests, by result: accepted or rejected. Replayed requests do not count.")
    static let ingestBytes = MetricName(
        "connectorlog_ingest_bytes_total", .counter,
        "Bytes of ingest requests' bodies as they arrived, compressed or not.")
    static let otlpRecords = MetricName(
        "connectorlog_otlp_records_total", .counter, labels: ["signal", "result"],
        "Spans and log records of OTLP, by result: stored, repeated (stored before), skipped (no call, fault or flow) or rejected."
    )
    static let boomiEvents = MetricName(
        "connectorlog_boomi_events_total", .counter, labels: ["type", "result"],
        "Events and states that Boomi Flow reported, by kind and result: taken, skipped (they tell of no call) or rejected."
    )
    static let boomiCalls = MetricName(
        "connectorlog_boomi_calls_total", .counter, labels: ["parts"],
        "Calls stored from such events, by the parts that came in time: both, request or answer; or damaged, which are lost."
    )
    static let invokerCalls = MetricName(
        "connectorlog_invoker_calls_total", .counter, labels: ["result"],
        "Calls that went through the invoker, by what became of their record: stored or dropped. Anything dropped is in no log."
    )
    static let secondLook = MetricName(
        "connectorlog_redaction_second_look_total", .counter,
        "Fields that were dropped because the second look found a secret that redaction had left. Anything but 0 is a defect."
    )
    static let droppedSeries = MetricName(
        "connectorlog_metrics_dropped_series", .gauge,
        "Series that are not shown, since there are too many or two kinds have one name. Anything but 0 is a defect.")

    /// In the order of the documentation.
    package static let all: [MetricName] = [
        requests, requestDuration, failedAuthentications, ingestLines, ingestBytes, otlpRecords, boomiEvents,
        boomiCalls, invokerCalls, secondLook, droppedSeries,
    ]
}
