import ConnectorLogCore

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

    let commit: UInt64
    let ids: [EntryID]
    let columns: EntryColumns
    let dialect: Dialect
    /// Microseconds, one an entry, 0 while its details are kept; nil where all are.
    private let detailsRemovedAt: [Int64]?

    /// - Precondition: an id an entry.
    init(
        _ columns: EntryColumns, ids: [EntryID], commit: UInt64, dialect: Dialect, detailsRemovedAt: [Int64]? = nil
    ) {
        (self.columns, self.ids, self.commit, self.dialect) = (columns, ids, commit, dialect)
        self.detailsRemovedAt = detailsRemovedAt
    }

    var entries: NativeBlock {
        var block = NativeBlock(
            columns: Tables.entries.columns.count, rows: columns.count,
            capacity: columns.byteCount + columns.count * 100)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", columns.teamIDs)
        block.append("log_time", dialect.timeType, columns.logTimes)
        block.append("id", ids)
        block.append("status", "UInt16", columns.statuses.map { UInt16(truncatingIfNeeded: $0) })
        block.append("outcome", "UInt8", columns.outcomes)
        block.append("duration", "Int64", columns.durations)
        block.append("absent", "UInt32", absent)
        block.append("connector", columns[.connector])
        for (name, field) in Self.texts {
            block.append(name, field.isHeaders ? compacted(columns[field]) : columns[field])
        }
        block.append("request_body_attributes", "Int64", columns.requestBodyAttributes)
        block.append("response_body_attributes", "Int64", columns.responseBodyAttributes)
        block.append("vendor_request_ids", lists: vendorRequestIDs)
        if let detailsRemovedAt {
            block.append("details_removed_at", "Int64", detailsRemovedAt)
        } else {
            block.append("details_removed_at", "Int64", all: Int64(0))
        }
        return block
    }

    var byID: NativeBlock {
        var block = NativeBlock(
            columns: Tables.entriesByID.columns.count, rows: columns.count, capacity: columns.count * 60)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", columns.teamIDs)
        block.append("id", ids)
        block.append("log_time", dialect.timeType, columns.logTimes)
        block.append("connector", columns[.connector])
        return block
    }

    /// Of the entries that name a flow state; nil when none does.
    var byState: NativeBlock? {
        let rows = (0..<columns.count).filter { !columns[.stateID].isNull($0) }
        guard !rows.isEmpty else { return nil }
        var (states, connectors) = (TextColumn(), TextColumn())
        states.append(rows, of: columns[.stateID])
        connectors.append(rows, of: columns[.connector])
        var block = NativeBlock(
            columns: Tables.entriesByState.columns.count, rows: rows.count, capacity: rows.count * 100)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", rows.map { columns.teamIDs[$0] })
        block.append("state_id", states)
        block.append("log_time", dialect.timeType, rows.map { columns.logTimes[$0] })
        block.append("id", rows.map { ids[$0] })
        block.append("connector", connectors)
        return block
    }

    private func compacted(_ headers: TextColumn) -> TextColumn {
        var compacted = TextColumn()
        for row in 0..<headers.count {
            guard let value = headers[row] else {
                compacted.appendNull()
                continue
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(value.count)
            HeaderReferences(requestID: columns[.requestID][row], traceID: columns[.traceID][row])
                .compacted(value, to: &bytes)
            compacted.append(bytes[...])
        }
        return compacted
    }

    private var absent: [UInt32] {
        var absent = [UInt32](repeating: 0, count: columns.count)
        for (bit, text) in Self.texts.enumerated() {
            let column = columns[text.field]
            for row in absent.indices where column.isNull(row) { absent[row] |= 1 << UInt32(bit) }
        }
        return absent
    }

    /// What vendors called the calls, where that is not what senders called them.
    private var vendorRequestIDs: [[[UInt8]]] {
        let headers = columns[.responseHeaders]
        let all = headers.bytes.span
        return (0..<columns.count).map { row in
            let range = headers.range(row)
            guard !range.isEmpty else { return [] }
            var found: [[UInt8]] = []
            var place = range.lowerBound
            while let name = HeaderList.text(in: all, at: &place, end: range.upperBound),
                let value = HeaderList.text(in: all, at: &place, end: range.upperBound)
            {
                let isOne = all.extracting(name).withUnsafeBytes { VendorRequestID.isName($0) }
                guard isOne else { continue }
                let id = Array(headers.bytes[value])
                if columns[.requestID][row].map({ $0.elementsEqual(id) }) != true { found.append(id) }
            }
            return found
        }
    }
}
