import ConnectorLogCore

extension StoredBlock {
    func entrySummary(_ row: Int, _ fields: EntryQuery.Fields = .all) throws -> EntrySummary {
        guard let connector = try texts(.connector).string(row),
            let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: try integers(.outcome)[row]))
        else { throw BlockError(.value, "row \(row)") }
        var entry = EntrySummary(
            id: try ids()[row], teamID: try integers(.teamID)[row],
            logTime: Timestamp(microseconds: try integers(.logTime)[row]), connectorIdentifier: connector,
            outcome: outcome)
        let status = try integers(.status)[row]
        entry.status = status == 0 ? nil : Int(status)
        let duration = try integers(.duration)[row]
        entry.durationMicroseconds = duration < 0 ? nil : duration
        entry.event = try texts(.event).string(row)
        entry.method = try texts(.method).string(row)
        entry.uri = try texts(.uri).string(row)
        entry.requestID = try texts(.requestID).string(row)
        if fields == .call { return entry }
        entry.flowID = try texts(.flowID).string(row)
        entry.flowName = try texts(.flowName).string(row)
        entry.flowVersion = try texts(.flowVersion).string(row)
        entry.stateID = try texts(.stateID).string(row)
        entry.traceID = try texts(.traceID).string(row)
        entry.spanID = try texts(.spanID).string(row)
        entry.errorName = try texts(.errorName).string(row)
        entry.errorMessage = try texts(.errorMessage).string(row)
        return entry
    }

    func entry(_ row: Int) throws -> LogEntry {
        var entry = LogEntry(summary: try entrySummary(row))
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
        let attributes = BodyAttributes(packed: try integers(attributes)[row])
        return Body(
            bytes: bytes, isBinary: attributes.isBinary, originalSize: attributes.originalSize,
            isTruncated: attributes.isTruncated)
    }
}
