/// The tables of the store of entries. Texts that are null are empty ones there, and have a bit in `absent`; so a column is one
/// file and not two. Headers, receipts and packed numbers are as in `EntryColumns`.
enum Tables {
    static let all = [entries, entriesByID, entriesByState, faults]

    /// The calls, by connector and time.
    static let entries = Table(
        name: "entries",
        columns: [
            .init(name: "commit", kind: .integer("UInt64")),
            .init(name: "team_id", kind: .integer("Int64")),
            .init(name: "log_time", kind: .time, codec: "Delta, ZSTD(1)"),
            .init(name: "id", kind: .id),
            .init(name: "status", kind: .integer("UInt16")),
            .init(name: "outcome", kind: .integer("UInt8")),
            .init(name: "duration", kind: .integer("Int64")),
            .init(name: "absent", kind: .integer("UInt32")),
            .init(name: "connector", kind: .name), .init(name: "event", kind: .name),
            .init(name: "method", kind: .name), .init(name: "uri", kind: .text),
            .init(name: "request_id", kind: .text), .init(name: "flow_id", kind: .name),
            .init(name: "flow_name", kind: .name), .init(name: "flow_version", kind: .name),
            .init(name: "state_id", kind: .text), .init(name: "trace_id", kind: .text),
            .init(name: "span_id", kind: .text), .init(name: "error_name", kind: .name),
            .init(name: "error_message", kind: .text), .init(name: "request_headers", kind: .text),
            .init(name: "response_headers", kind: .text), .init(name: "request_body", kind: .text),
            .init(name: "response_body", kind: .text), .init(name: "attributes", kind: .text),
            .init(name: "receipt", kind: .text),
            .init(name: "request_body_attributes", kind: .integer("Int64")),
            .init(name: "response_body_attributes", kind: .integer("Int64")),
            .init(name: "vendor_request_ids", kind: .texts),
            .init(name: "details_removed_at", kind: .integer("Int64")),
        ],
        order: ["team_id", "connector", "log_time", "id"], time: "log_time", granularity: 1024,
        skippingIndices: [
            ("state", "state_id", "bloom_filter GRANULARITY 4"),
            ("request", "request_id", "bloom_filter GRANULARITY 4"),
        ])

    /// Where an entry is, by its id.
    static let entriesByID = Table(
        name: "entries_by_id",
        columns: [
            .init(name: "commit", kind: .integer("UInt64")),
            .init(name: "team_id", kind: .integer("Int64")),
            .init(name: "id", kind: .id),
            .init(name: "log_time", kind: .time, codec: "Delta, ZSTD(1)"),
            .init(name: "connector", kind: .name),
        ],
        order: ["team_id", "id"], time: "log_time")

    /// Where the entries of a flow state are.
    static let entriesByState = Table(
        name: "entries_by_state",
        columns: [
            .init(name: "commit", kind: .integer("UInt64")),
            .init(name: "team_id", kind: .integer("Int64")),
            .init(name: "state_id", kind: .text),
            .init(name: "log_time", kind: .time, codec: "Delta, ZSTD(1)"),
            .init(name: "id", kind: .id),
            .init(name: "connector", kind: .name),
        ],
        order: ["team_id", "state_id", "log_time", "id"], time: "log_time")

    static let faults = Table(
        name: "faults",
        columns: [
            .init(name: "commit", kind: .integer("UInt64")),
            .init(name: "team_id", kind: .integer("Int64")),
            .init(name: "occurred_at", kind: .time, codec: "Delta, ZSTD(1)"),
            .init(name: "id", kind: .id),
            .init(name: "absent", kind: .integer("UInt32")),
            .init(name: "name", kind: .name), .init(name: "state_id", kind: .text),
            .init(name: "flow_id", kind: .name), .init(name: "flow_name", kind: .name),
            .init(name: "flow_version", kind: .name), .init(name: "connector", kind: .name),
            .init(name: "entry_request_id", kind: .text), .init(name: "kind", kind: .name),
            .init(name: "uri", kind: .text), .init(name: "message", kind: .text),
            .init(name: "status_code", kind: .integer("Int64")),
            .init(name: "response_headers", kind: .text), .init(name: "response_body", kind: .text),
            .init(name: "response_body_attributes", kind: .integer("Int64")),
            .init(name: "invoke_type", kind: .name), .init(name: "action", kind: .name),
            .init(name: "receipt", kind: .text),
            .init(name: "details_removed_at", kind: .integer("Int64")),
        ],
        order: ["team_id", "occurred_at", "id"], time: "occurred_at")
}
