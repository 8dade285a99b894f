import ConnectorLogCore

/// What a statement selects of an entry, and how its rows are read.
enum EntryRow {
    private static func name(_ field: EntryTextField) -> String {
        EntryBlocks.texts.first { $0.field == field }?.name ?? ""
    }

    static func columns(_ fields: EntryQuery.Fields, _ dialect: Dialect) -> String {
        let texts = fields.texts.map { name($0.field) }
        return
            ([
                "team_id", dialect.microseconds("log_time"), "id", "status", "outcome", "duration", "absent",
                "connector",
            ]
            + texts).joined(separator: ", ")
    }

    static func decode(
        _ row: inout RowBinaryReader, _ fields: EntryQuery.Fields
    ) throws(ClickHouseFailure) -> EntrySummary {
        try summary(&row, fields).summary
    }

    private static func summary(
        _ row: inout RowBinaryReader, _ fields: EntryQuery.Fields
    ) throws(ClickHouseFailure) -> (summary: EntrySummary, absent: UInt32) {
        let team: Int64 = try row.integer()
        let time: Int64 = try row.integer()
        let id = try row.id()
        let status: UInt16 = try row.integer()
        let outcome: UInt8 = try row.integer()
        let duration: Int64 = try row.integer()
        let absent: UInt32 = try row.integer()
        var entry = EntrySummary(
            id: id, teamID: team, logTime: Timestamp(microseconds: time), connectorIdentifier: try row.string(),
            outcome: Outcome(rawValue: outcome) ?? .failed)
        entry.status = status == 0 ? nil : Int(status)
        entry.durationMicroseconds = duration < 0 ? nil : duration
        for (field, path) in fields.texts {
            let text = try row.string()
            if absent & EntryBlocks.absence(of: field) == 0 { entry[keyPath: path] = text }
        }
        return (entry, absent)
    }

    static func wholeColumns(_ dialect: Dialect) -> String {
        columns(.all, dialect) + """
            , request_headers, response_headers, request_body, request_body_attributes, response_body,
            response_body_attributes, attributes, receipt, details_removed_at
            """
    }

    static func decodeWhole(_ row: inout RowBinaryReader) throws(ClickHouseFailure) -> LogEntry {
        let (summary, absent) = try summary(&row, .all)
        func isThere(_ field: EntryTextField) -> Bool { absent & EntryBlocks.absence(of: field) == 0 }
        var entry = LogEntry(summary: summary)
        let references = HeaderReferences(
            requestID: summary.requestID.map { Array($0.utf8)[...] },
            traceID: summary.traceID.map { Array($0.utf8)[...] })
        entry.requestHeaders = try row.headers(references)
        entry.responseHeaders = try row.headers(references)
        let requestBody = try row.body()
        let responseBody = try row.body()
        entry.requestBody = isThere(.requestBody) ? requestBody : nil
        entry.responseBody = isThere(.responseBody) ? responseBody : nil
        let attributes = try row.string()
        entry.attributesJSON = isThere(.attributes) ? attributes : nil
        entry.receipt = try row.receipt()
        let removed: Int64 = try row.integer()
        entry.detailsRemovedAt = removed == 0 ? nil : Timestamp(microseconds: removed)
        return entry
    }
}

extension RowBinaryReader {
    mutating func headers() throws(ClickHouseFailure) -> [HeaderField] {
        guard let fields = HeaderList.decode(try text()[...]) else { throw failure }
        return fields
    }

    mutating func headers(_ references: HeaderReferences) throws(ClickHouseFailure) -> [HeaderField] {
        var bytes: [UInt8] = []
        references.restored(try text()[...], to: &bytes)
        guard let fields = HeaderList.decode(bytes[...]) else { throw failure }
        return fields
    }

    mutating func receipt() throws(ClickHouseFailure) -> [Redaction] {
        guard let redactions = Receipt.decode(try text()[...]) else { throw failure }
        return redactions
    }

    /// A body and its attributes.
    mutating func body() throws(ClickHouseFailure) -> Body {
        let bytes = try text()
        return Body(bytes: bytes, BodyAttributes(packed: try integer()))
    }
}
