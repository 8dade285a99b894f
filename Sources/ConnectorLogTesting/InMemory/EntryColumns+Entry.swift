package import ConnectorLogCore

extension EntryColumns {
    /// The rows as a reader answers them, but for their ids and with the times that their senders gave.
    package func decoded() throws(StoreError) -> [LogEntry] {
        var entries: [LogEntry] = []
        for row in 0..<count { entries.append(try entry(row: row)) }
        return entries
    }

    private func entry(row: Int) throws(StoreError) -> LogEntry {
        guard let connector = self[.connector].string(row), let outcome = Outcome(rawValue: outcomes[row]) else {
            throw StoreError(.damaged, "a row without connector or outcome")
        }
        var summary = EntrySummary(
            id: EntryID(high: 0, low: 0), teamID: teamIDs[row], logTime: Timestamp(microseconds: logTimes[row]),
            connectorIdentifier: connector, outcome: outcome)
        summary.event = self[.event].string(row)
        summary.method = self[.method].string(row)
        summary.uri = self[.uri].string(row)
        summary.status = statuses[row] == 0 ? nil : Int(statuses[row])
        summary.durationMicroseconds = durations[row] < 0 ? nil : durations[row]
        summary.requestID = self[.requestID].string(row)
        summary.flowID = self[.flowID].string(row)
        summary.flowName = self[.flowName].string(row)
        summary.flowVersion = self[.flowVersion].string(row)
        summary.stateID = self[.stateID].string(row)
        summary.traceID = self[.traceID].string(row)
        summary.spanID = self[.spanID].string(row)
        summary.errorName = self[.errorName].string(row)
        summary.errorMessage = self[.errorMessage].string(row)
        var entry = LogEntry(summary: summary)
        entry.requestHeaders = try headers(.requestHeaders, row)
        entry.responseHeaders = try headers(.responseHeaders, row)
        entry.requestBody = body(.requestBody, row, requestBodyAttributes)
        entry.responseBody = body(.responseBody, row, responseBodyAttributes)
        entry.attributesJSON = self[.attributes].string(row)
        if let receipt = self[.receipt][row] {
            guard let redactions = Receipt.decode(receipt) else {
                throw StoreError(.damaged, "a receipt that does not decode")
            }
            entry.receipt = redactions
        }
        return entry
    }

    private func headers(_ field: EntryTextField, _ row: Int) throws(StoreError) -> [HeaderField] {
        guard let bytes = self[field][row] else { return [] }
        guard let headers = HeaderList.decode(bytes) else {
            throw StoreError(.damaged, "a header list that does not decode")
        }
        return headers
    }

    private func body(_ field: EntryTextField, _ row: Int, _ attributes: [Int64]) -> Body? {
        guard let bytes = self[field][row] else { return nil }
        let known = BodyAttributes(packed: attributes[row])
        return Body(
            bytes: Array(bytes), isBinary: known.isBinary, originalSize: known.originalSize,
            isTruncated: known.isTruncated)
    }
}
