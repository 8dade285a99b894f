import ConnectorLogCore
import NIOCore

/// The entries of a commit as blocks of the tables that hold them.
struct EntryBlocks {
    /// Columns in whose place an empty text stands where there is none; the place is the bit of column `absent`.
    static let texts: [(name: String, field: EntryTextField)] = [
        ("event", .event), ("method", .method), ("uri", .uri), ("request_id", .requestID), ("flow_id", .flowID),
        ("flow_name", .flowName), ("flow_version", .flowVersion), ("state_id", .stateID), ("trace_id", .traceID),
        ("span_id", .spanID), ("error_name", .errorName), ("error_message", .errorMessage),
        ("request_headers", .requestHeaders), ("response_headers", .responseHeaders), ("request_body", .requestBody),
        ("response_body", .responseBody), ("attributes", .attributes), ("receipt", .receipt),
    ]

    /// The bit of column `absent` that says that a text is none.
    static func absence(of field: EntryTextField) -> UInt32 {
        texts.firstIndex { $0.field == field }.map { 1 << UInt32($0) } ?? 0
    }

    private let batches: [EncodedEntries]
    private let ids: [EntryID]
    private let times: [Int64]
    private let commit: UInt64
    private let dialect: Dialect
    /// Microseconds, one an entry, 0 while its details are kept; nil where all are.
    private let detailsRemovedAt: [Int64]?

    /// - Parameters:
    ///   - batches: of the commit, in their order.
    ///   - times: microseconds.
    /// - Precondition: an id and a time an entry.
    init(
        _ batches: [EncodedEntries], ids: [EntryID], times: [Int64], commit: UInt64, dialect: Dialect,
        detailsRemovedAt: [Int64]? = nil
    ) {
        (self.batches, self.ids, self.times, self.commit) = (batches, ids, times, commit)
        (self.dialect, self.detailsRemovedAt) = (dialect, detailsRemovedAt)
    }

    var all: [(table: Table, block: NativeBlock)] {
        [(Tables.entries, entries), (Tables.entriesByID, byID)] + (byState.map { [(Tables.entriesByState, $0)] } ?? [])
    }

    private var entries: NativeBlock {
        var block = NativeBlock(
            columns: Tables.entries.columns.count, rows: ids.count,
            capacity: batches.reduce(2048 + ids.count * 48) { $0 + $1.byteCount })
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", encoded: batches.map(\.teamIDs))
        block.append("log_time", dialect.timeType, times)
        block.append("id", ids)
        block.append("status", "UInt16", encoded: batches.map(\.statuses))
        block.append("outcome", "UInt8", encoded: batches.map(\.outcomes))
        block.append("duration", "Int64", encoded: batches.map(\.durations))
        block.append("absent", "UInt32", encoded: batches.map(\.absent))
        block.append("connector", "String", encoded: batches.map(\.connectors))
        for (number, text) in Self.texts.enumerated() {
            block.append(text.name, "String", encoded: batches.map { $0.texts[number] })
        }
        block.append("request_body_attributes", "Int64", encoded: batches.map(\.requestBodyAttributes))
        block.append("response_body_attributes", "Int64", encoded: batches.map(\.responseBodyAttributes))
        block.append("vendor_request_ids", lists: batches.map(\.vendorRequestIDs))
        if let detailsRemovedAt {
            block.append("details_removed_at", "Int64", detailsRemovedAt)
        } else {
            block.append("details_removed_at", "Int64", all: Int64(0))
        }
        return block
    }

    private var byID: NativeBlock {
        var block = NativeBlock(
            columns: Tables.entriesByID.columns.count, rows: ids.count, capacity: 512 + ids.count * 60)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", encoded: batches.map(\.teamIDs))
        block.append("id", ids)
        block.append("log_time", dialect.timeType, times)
        block.append("connector", "String", encoded: batches.map(\.connectors))
        return block
    }

    /// Of the entries that name a flow state; nil when none does.
    private var byState: NativeBlock? {
        var rows: [Int] = []
        var first = 0
        for batch in batches {
            rows += batch.rowsOfStates.map { first + $0 }
            first += batch.count
        }
        guard !rows.isEmpty else { return nil }
        var block = NativeBlock(
            columns: Tables.entriesByState.columns.count, rows: rows.count, capacity: 512 + rows.count * 100)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", encoded: batches.map(\.states.teamIDs))
        block.append("state_id", "String", encoded: batches.map(\.states.ids))
        block.append("log_time", dialect.timeType, rows.map { times[$0] })
        block.append("id", rows.map { ids[$0] })
        block.append("connector", "String", encoded: batches.map(\.states.connectors))
        return block
    }
}
