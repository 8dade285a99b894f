import ConnectorLogCore

extension StoredBlock {
    /// In the order of `rows`; column by column, each of which is looked up once.
    func entrySummaries(_ rows: [Int], _ fields: EntryQuery.Fields = .all) throws -> [EntrySummary] {
        let (ids, teams, times) = (try ids(), try integers(.teamID), try integers(.logTime))
        let (connectors, outcomes) = (try texts(.connector), try integers(.outcome))
        let (statuses, durations) = (try integers(.status), try integers(.duration))
        var entries = try rows.map { row in
            guard let connector = try connectors.string(row),
                let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: outcomes[row]))
            else { throw BlockError(.value, "row \(row)") }
            var entry = EntrySummary(
                id: ids[row], teamID: teams[row], logTime: Timestamp(microseconds: times[row]),
                connectorIdentifier: connector, outcome: outcome)
            entry.status = statuses[row] == 0 ? nil : Int(statuses[row])
            entry.durationMicroseconds = durations[row] < 0 ? nil : durations[row]
            return entry
        }
        for (field, path) in fields.texts {
            let texts = try texts(field.column)
            for (place, row) in rows.enumerated() { entries[place][keyPath: path] = try texts.string(row) }
        }
        return entries
    }

    func entry(_ row: Int) throws -> LogEntry {
        var entry = LogEntry(summary: try entrySummaries([row])[0])
        entry.detailsRemovedAt = summary.detailsRemovedAt.map(Timestamp.init(microseconds:))
        entry.requestHeaders = try headers(.requestHeaders, row)
        entry.responseHeaders = try headers(.responseHeaders, row)
        entry.requestBody = try body(.requestBody, .requestBodyAttributes, row)
        entry.responseBody = try body(.responseBody, .responseBodyAttributes, row)
        entry.attributesJSON = try texts(.attributes).string(row)
        if let receipt = try texts(.receipt).bytes(row) {
            guard let redactions = Receipt.decode(receipt[...]) else { throw BlockError(.value, "column 39") }
            entry.receipt = redactions
        }
        return entry
    }

    func headers(_ column: BlockFormat.Column, _ row: Int) throws -> [HeaderField] {
        guard let bytes = try headers(column).bytes(row) else { return [] }
        guard let headers = HeaderList.decode(bytes[...]) else {
            throw BlockError(.value, "column \(column.rawValue)")
        }
        return headers
    }

    private func body(
        _ column: BlockFormat.Column, _ attributes: BlockFormat.Column, _ row: Int
    ) throws -> Body? {
        guard let bytes = try texts(column).bytes(row) else { return nil }
        return Body(bytes: bytes, BodyAttributes(packed: try integers(attributes)[row]))
    }
}
