import ConnectorLogCore

/// Log records: one with the attributes of an HTTP request is a call, one of severity ERROR or FATAL in a flow run is a root
/// fault. All others are no record of ours.
extension OTLPRecordDecoder {
    /// ERROR is 17 to 20, FATAL 21 to 24.
    private static let error: UInt64 = 17

    mutating func decodeLogRecord(
        _ message: Text, into builder: inout RedactingBatchBuilder
    ) throws(LineError) -> Result {
        let record: OTLPLogRecordView
        do throws(WireReader.Malformed) {
            record = try OTLPLogRecordView(message, into: &index)
        } catch {
            throw LineError(.invalidValue, "no log record in protobuf")
        }
        if hasHTTPRequest {
            try decodeCall(record, team: try team(), memory: message)
            builder.append(assembler.draft)
            return .stored
        }
        guard record.severity >= Self.error, let state = nameWithResource(.stateID) else {
            return .skipped
        }
        builder.append(try fault(record, state: state))
        return .stored
    }

    private func time(of record: OTLPLogRecordView) -> Timestamp? {
        Self.time(nanoseconds: record.time) ?? Self.time(nanoseconds: record.observedTime)
    }

    private mutating func decodeCall(_ record: OTLPLogRecordView, team: Int64, memory: Text) throws(LineError) {
        assembler.begin()
        try assembler.setTime(time(of: record) ?? arrival, arrival: arrival, field: "time_unix_nano")
        if let seconds = index[.duration]?.seconds { assembler.setDuration(Int64((seconds * 1_000_000).rounded())) }
        try fillCall(trace: record.traceID, span: record.spanID, team: team)
        let event = index[.event] ?? .text(record.eventName)
        assembler.draft.event = assembler.text(assembler.text(event), "event", limit: Limits.event)
        if record.severity >= Self.error || index.has(.exceptionType) || index.has(.exceptionMessage) {
            assembler.draft.outcome = .failed
            fillError(exception: index, message: record.body)
        } else if let body = record.body {
            assembler.addAttribute(assembler.arena.copy("log.body"), body)
        }
        addOtherAttributes(dropped: record.droppedAttributes)
        assembler.end(memory: memory)
    }

    private mutating func fault(_ record: OTLPLogRecordView, state: String) throws(LineError) -> RootFault {
        var time = time(of: record) ?? arrival
        if time > arrival.advanced(bySeconds: Limits.secondsAhead) { time = arrival }
        let exception = name(.exceptionType, limit: Limits.name) ?? name(.errorType, limit: Limits.name)
        let event = Self.name(String(decoding: record.eventName, as: UTF8.self), limit: Limits.name)
        var fault = RootFault(
            id: EntryID(high: 0, low: 0), teamID: try team(), occurredAt: time,
            name: exception ?? event ?? "Error")
        let flowName = nameWithResource(.flowName, limit: Limits.name)
        (fault.stateID, fault.flowName) = (state, flowName)
        fault.connectorIdentifier = faultConnector()
        fault.flowID = nameWithResource(.flowID) ?? flowName
        fault.flowVersion = nameWithResource(.flowVersion)
        if let message = index[.exceptionMessage]?.string ?? record.body?.string {
            FaultProblem.fill(&fault, from: message)
        }
        return fault
    }
}

extension OTLPValue {
    /// A number of seconds, within a day and not negative.
    fileprivate var seconds: Double? {
        let value: Double? =
            switch self {
            case .real(let value): value
            case .whole(let value): Double(value)
            default: nil
            }
        return value.flatMap { (0...Limits.durationMilliseconds / 1000).contains($0) ? $0 : nil }
    }
}
