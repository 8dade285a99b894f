import ConnectorLogCore

/// Root faults and flow states: some in a thousand lines, so they may be objects of Swift. Members that they do not have
/// are left out, for neither has attributes.
extension LineDecoder {
    mutating func fault() throws(LineError) -> RootFault {
        let team = try team()
        guard let name = try lineName(.name, limit: Limits.name), !name.isEmpty else { throw missing(.name) }
        var fault = RootFault(
            id: EntryID(high: 0, low: 0), teamID: team, occurredAt: try time(.logTime) ?? arrival, name: name)
        fault.stateID = try identifier(.stateID).map(Self.string)
        fault.flowID = try identifier(.flowID).map(Self.string)
        fault.flowName = try lineName(.flowName, limit: Limits.name)
        fault.flowVersion = try flowVersion().map(Self.string)
        fault.connectorIdentifier = try connector().map(Self.string)
        fault.entryRequestID = try identifier(.entryRequestID).map(Self.string)
        fault.kind = try string(.kind, limit: Limits.name)
        fault.uri = try string(.uri, limit: Limits.uri)
        fault.message = try string(.message, limit: Limits.message)
        fault.statusCode = try whole(.statusCode, in: 100...599).map(Int.init)
        fault.invokeType = try string(.invokeType, limit: Limits.name)
        fault.action = try string(.action, limit: Limits.name)
        fault.responseHeaders = try headers(fields.responseHeaders, .responseHeaders, reusing: []).map {
            HeaderField(name: Self.string($0.name), value: Self.string($0.value))
        }
        fault.responseBody = try body(.response).map { body in
            Body(
                bytes: Array(body.bytes), isBinary: body.isBinary,
                originalSize: body.originalSize ?? body.bytes.count, isTruncated: body.isTruncated)
        }
        return fault
    }

    mutating func stateChange() throws(LineError) -> StateChange {
        let team = try team()
        guard let stateID = try identifier(.stateID) else { throw missing(.stateID) }
        guard let flowID = try identifier(.flowID) else { throw missing(.flowID) }
        var change = StateChange(
            teamID: team, stateID: Self.string(stateID), updatedAt: try time(.updatedAt) ?? arrival)
        change.flowID = Self.string(flowID)
        change.flowName = try lineName(.flowName, limit: Limits.name)
        change.flowVersion = try flowVersion().map(Self.string)
        change.status = try stateStatus()
        change.currentStep = try lineName(.currentStep, limit: Limits.name)
        change.user = try lineName(.user, limit: Limits.name)
        change.joinURI = try lineName(.joinURI, limit: Limits.uri)
        change.createdAt = try time(.createdAt)
        return change
    }

    private mutating func stateStatus() throws(LineError) -> FlowState.Status? {
        guard let name = try string(.status, limit: Limits.identifier) else { return nil }
        guard let status = FlowState.Status(rawValue: name) else {
            throw failure(.invalidValue, .status, "in_progress, done, failed or expired is expected")
        }
        return status
    }

    private mutating func string(_ field: FlatField, limit: Int) throws(LineError) -> String? {
        try text(field, limit: limit).map(Self.string)
    }

    private mutating func lineName(_ field: FlatField, limit: Int) throws(LineError) -> String? {
        try textWithoutNull(field, limit: limit).map(Self.string)
    }

    private static func string(_ text: Text) -> String {
        String(decoding: text, as: UTF8.self)
    }
}
