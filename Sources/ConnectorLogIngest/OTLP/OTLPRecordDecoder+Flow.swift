import ConnectorLogCore

/// Runs of flows: root spans with `flow.*` attributes, as Boomi Flow exports them.
extension OTLPRecordDecoder {
    /// Nil unless the span is the root of a run. The engine of Boomi Flow may be called with a trace context of its caller:
    /// what only it knows of a run makes a root, too.
    func run(of span: OTLPSpanRecord) -> FlowRun? {
        guard index.has(.flowName) || index.has(.flowID) || index.has(.stateID) else { return nil }
        guard span.isRoot || index.has(.invokeType) || index.has(.mapElement) || index.has(.hasRootFaults),
            let run = namedRun(trace: span.traceID)
        else { return nil }
        // A trace stands for a run only from its beginning to its end.
        return run.isOfTrace && !span.isRoot ? nil : run
    }

    /// The run that the attributes name, by its state or, without one, by its trace.
    private func namedRun(trace: Text) -> FlowRun? {
        let stateID = name(.stateID)
        guard let id = stateID ?? TraceID(trace)?.text else { return nil }
        let flowName = name(.flowName, limit: Limits.name)
        return FlowRun(
            flowID: name(.flowID) ?? flowName, flowName: flowName, flowVersion: name(.flowVersion), stateID: id,
            isOfTrace: stateID == nil)
    }

    /// Notes the run of a root span before its calls are read. What is malformed is rejected when its turn comes.
    mutating func noteRun(ofSpan message: Text) {
        guard let span = try? OTLPSpanRecord(message, into: &index), let run = run(of: span),
            let trace = TraceID(span.traceID)
        else { return }
        // What names its run is better than what has only its trace.
        if let known = runs[trace], !known.isOfTrace, run.isOfTrace { return }
        if runs[trace] != nil || runs.count < FlowRun.limit { runs[trace] = run }
    }

    /// The run of a call: what its attributes say, else what a root span of its trace says, else its resource.
    mutating func fillRun(trace: Text) {
        let run = runs.isEmpty ? nil : TraceID(trace).flatMap { runs[$0] }
        let flowName = text(.flowName, run?.flowName)
        assembler.draft.flowName = assembler.identifier(flowName, "flow_name", limit: Limits.name)
        assembler.draft.flowID = assembler.identifier(text(.flowID, run?.flowID) ?? flowName, "flow_id")
        assembler.draft.flowVersion = assembler.identifier(text(.flowVersion, run?.flowVersion), "flow_version")
        assembler.draft.stateID = assembler.identifier(text(.stateID, run?.stateID), "state_id")
    }

    private mutating func text(_ known: KnownAttribute, _ ofRun: String?) -> Text? {
        if let text = assembler.text(index[known]), !text.isEmpty { return text }
        if let ofRun { return assembler.arena.copy(ofRun) }
        return assembler.text(resource[known])
    }

    /// A text that names something and fits; nil otherwise.
    func name(_ known: KnownAttribute, limit: Int = Limits.identifier) -> String? {
        Self.name(index[known]?.word, limit: limit)
    }

    /// As `name`, of the record or else of its resource.
    func nameWithResource(_ known: KnownAttribute, limit: Int = Limits.identifier) -> String? {
        name(known, limit: limit) ?? Self.name(resource[known]?.word, limit: limit)
    }

    static func name(_ text: String?, limit: Int) -> String? {
        guard let text, !text.isEmpty, text.unicodeScalars.count <= limit, !text.utf8.contains(0) else { return nil }
        return text
    }

    mutating func append(_ run: FlowRun, of span: OTLPSpanRecord, team: Int64, to builder: inout RedactingBatchBuilder)
    {
        let start = Self.time(nanoseconds: span.start)
        var end = Self.time(nanoseconds: span.end) ?? start ?? arrival
        if end > arrival.advanced(bySeconds: Limits.secondsAhead) { end = arrival }
        var change = StateChange(teamID: team, stateID: run.stateID, updatedAt: end)
        (change.flowID, change.flowName, change.flowVersion) = (run.flowID, run.flowName, run.flowVersion)
        change.status = status(of: run, isFailed: hasRootFaults || span.isFailed)
        change.currentStep =
            name(.mapElement, limit: Limits.name) ?? step(of: String(decoding: span.name, as: UTF8.self))
        change.user = name(.userEmail, limit: Limits.name) ?? name(.user, limit: Limits.name)
        let isFirst = run.isOfTrace || index[.invokeType]?.string?.uppercased() == "INITIALIZE"
        if isFirst, let start { change.createdAt = min(start, change.updatedAt) }
        builder.append(change)
        if let fault = rootFault(of: run, span, change) { builder.append(fault) }
    }

    private func status(of run: FlowRun, isFailed: Bool) -> FlowState.Status? {
        if let status = index[.flowStatus]?.string.flatMap(FlowState.Status.init(rawValue:)) { return status }
        if isFailed { return .failed }
        if run.isOfTrace || index[.responseInvokeType]?.string?.uppercased() == "DONE" { return .done }
        return nil
    }

    /// Boomi Flow names spans `FORWARD-<map element>`.
    private func step(of name: String) -> String? {
        let step = name.split(separator: "-", maxSplits: 1)
        guard step.count == 2, ["FORWARD", "INITIALIZE", "SYNC", "NAVIGATE", "JOIN"].contains(step[0]) else {
            return nil
        }
        return Self.name(String(step[1]), limit: Limits.name)
    }
}

extension TraceID {
    /// 32 hexadecimal digits.
    fileprivate var text: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
