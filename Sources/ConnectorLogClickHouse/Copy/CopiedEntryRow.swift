import ConnectorLogCore

/// What a copy selects of an entry, and how its rows become columns: without an object an entry.
enum CopiedEntryRow {
    static func columns(_ dialect: Dialect) -> String {
        ([
            "team_id", dialect.microseconds("log_time"), "id", "status", "outcome", "duration",
            "request_body_attributes", "response_body_attributes", "details_removed_at", "absent", "connector",
        ] + EntryBlocks.texts.map(\.name)).joined(separator: ", ")
    }

    static func decode(
        _ row: inout RowBinaryReader, into entries: inout CopiedEntries
    ) throws(ClickHouseFailure) {
        entries.columns.teamIDs.append(try row.integer())
        entries.columns.logTimes.append(try row.integer())
        entries.ids.append(try row.id())
        entries.columns.statuses.append(Int64(try row.integer(UInt16.self)))
        entries.columns.outcomes.append(try row.integer())
        entries.columns.durations.append(try row.integer())
        entries.columns.requestBodyAttributes.append(try row.integer())
        entries.columns.responseBodyAttributes.append(try row.integer())
        entries.detailsRemovedAt.append(try row.integer())
        let absent: UInt32 = try row.integer()
        try row.text(into: &entries.columns[.connector], isThere: true)
        for (bit, text) in EntryBlocks.texts.enumerated() {
            let isThere = absent & 1 << UInt32(bit) == 0
            if isThere, text.field.isHeaders {
                try headers(&row, into: &entries.columns, text.field)
            } else {
                try row.text(into: &entries.columns[text.field], isThere: isThere)
            }
        }
    }

    /// The ids that headers refer to stand before them.
    private static func headers(
        _ row: inout RowBinaryReader, into columns: inout EntryColumns, _ field: EntryTextField
    ) throws(ClickHouseFailure) {
        let number = columns[field].count
        let references = HeaderReferences(
            requestID: columns[.requestID][number], traceID: columns[.traceID][number])
        var bytes: [UInt8] = []
        references.restored(try row.text()[...], to: &bytes)
        columns[field].append(bytes)
    }
}
