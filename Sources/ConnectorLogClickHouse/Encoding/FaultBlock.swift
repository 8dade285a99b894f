import ConnectorLogCore

/// Root faults of a commit as a block of their table.
enum FaultBlock {
    /// Texts that a fault may lack; the place is the bit of column `absent`.
    static let texts: [(name: String, text: @Sendable (RootFault) -> String?)] = [
        ("state_id", { $0.stateID }), ("flow_id", { $0.flowID }), ("flow_name", { $0.flowName }),
        ("flow_version", { $0.flowVersion }), ("connector", { $0.connectorIdentifier }),
        ("entry_request_id", { $0.entryRequestID }), ("kind", { $0.kind }), ("uri", { $0.uri }),
        ("message", { $0.message }), ("invoke_type", { $0.invokeType }), ("action", { $0.action }),
    ]
    private static let bodyBit = UInt32(texts.count)
    /// The bit of column `absent` that says that there is no body.
    static let bodyAbsence: UInt32 = 1 << bodyBit
    private static let statusBit = UInt32(texts.count + 1)

    /// The bit of column `absent` that says that a text of this name is none.
    static func absence(of name: String) -> UInt32 {
        texts.firstIndex { $0.name == name }.map { 1 << UInt32($0) } ?? 0
    }

    static func encode(_ faults: [RootFault], commit: UInt64, dialect: Dialect) -> NativeBlock {
        var block = NativeBlock(
            columns: Tables.faults.columns.count, rows: faults.count, capacity: faults.count * 2048)
        block.append("commit", "UInt64", all: commit)
        block.append("team_id", "Int64", faults.map(\.teamID))
        block.append("occurred_at", dialect.timeType, faults.map(\.occurredAt.microseconds))
        block.append("id", faults.map(\.id))
        block.append("absent", "UInt32", faults.map(absent))
        block.append("name", faults.map { Array($0.name.utf8) })
        for (name, text) in texts { block.append(name, faults.map { Array((text($0) ?? "").utf8) }) }
        block.append("status_code", "Int64", faults.map { Int64($0.statusCode ?? 0) })
        block.append("response_headers", faults.map { HeaderList.encode($0.responseHeaders) })
        block.append("response_body", faults.map { $0.responseBody?.bytes ?? [] })
        block.append(
            "response_body_attributes", "Int64", faults.map { $0.responseBody.map { BodyAttributes($0).packed } ?? 0 })
        block.append("receipt", faults.map { Receipt.encode($0.receipt) })
        block.append("details_removed_at", "Int64", faults.map { $0.detailsRemovedAt?.microseconds ?? 0 })
        return block
    }

    private static func absent(_ fault: RootFault) -> UInt32 {
        var absent: UInt32 = 0
        for (bit, text) in texts.enumerated() where text.text(fault) == nil { absent |= 1 << UInt32(bit) }
        if fault.responseBody == nil { absent |= 1 << bodyBit }
        if fault.statusCode == nil { absent |= 1 << statusBit }
        return absent
    }

    // MARK: - Reading

    static let columns = """
        team_id, {time}, id, absent, name, \(texts.map(\.name).joined(separator: ", ")), status_code, response_headers,
        response_body, response_body_attributes, receipt, details_removed_at
        """

    static func decode(_ row: inout RowBinaryReader) throws(ClickHouseFailure) -> RootFault {
        let team: Int64 = try row.integer()
        let time: Int64 = try row.integer()
        let id = try row.id()
        let absent: UInt32 = try row.integer()
        var fault = RootFault(
            id: id, teamID: team, occurredAt: Timestamp(microseconds: time), name: try row.string())
        var found: [String?] = []
        for bit in texts.indices {
            let text = try row.string()
            found.append(absent & 1 << UInt32(bit) != 0 ? nil : text)
        }
        (fault.stateID, fault.flowID, fault.flowName, fault.flowVersion) = (found[0], found[1], found[2], found[3])
        (fault.connectorIdentifier, fault.entryRequestID, fault.kind) = (found[4], found[5], found[6])
        (fault.uri, fault.message, fault.invokeType, fault.action) = (found[7], found[8], found[9], found[10])
        let status: Int64 = try row.integer()
        fault.statusCode = absent & 1 << statusBit != 0 ? nil : Int(status)
        fault.responseHeaders = try row.headers()
        let body = try row.text()
        let attributes = BodyAttributes(packed: try row.integer())
        if absent & bodyAbsence == 0 { fault.responseBody = Body(bytes: body, attributes) }
        fault.receipt = try row.receipt()
        let removed: Int64 = try row.integer()
        fault.detailsRemovedAt = removed == 0 ? nil : Timestamp(microseconds: removed)
        return fault
    }
}
