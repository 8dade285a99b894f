import ConnectorLogCore

/// Root faults of runs: what the engine of Boomi Flow says of one, or why the span of any other run failed.
extension OTLPRecordDecoder {
    var hasRootFaults: Bool { index[.hasRootFaults]?.isTrue ?? false }

    mutating func rootFault(of run: FlowRun, _ span: OTLPSpanRecord, _ change: StateChange) -> RootFault? {
        let problem = index[.firstRootFault]?.word
        // Spans within a run may note the exception that passed through them again.
        let failure = problem == nil && span.isRoot && change.status == .failed ? failure(of: span) : nil
        // `False` beside an empty text is no fault.
        guard hasRootFaults || !index.has(.hasRootFaults) && problem != nil || failure != nil else { return nil }
        var fault = RootFault(
            id: EntryID(high: 0, low: 0), teamID: change.teamID, occurredAt: change.updatedAt,
            name: failure?.name ?? change.currentStep ?? "Root Fault")
        (fault.stateID, fault.flowID, fault.flowName) = (run.stateID, run.flowID, run.flowName)
        fault.flowVersion = run.flowVersion
        fault.connectorIdentifier = faultConnector()
        fault.invokeType = name(.invokeType, limit: Limits.name)
        fault.kind = failure?.kind
        if let text = problem ?? failure?.message { FaultProblem.fill(&fault, from: text) }
        return fault
    }

    private struct Failure {
        var name: String?
        var kind: String?
        var message: String?
    }

    /// Of the exception, else of the status; nil when the span did not fail, or says nothing of why. A root fault has no
    /// place for a stack trace.
    private func failure(of span: OTLPSpanRecord) -> Failure? {
        guard span.isFailed else { return nil }
        let type = span.exception?[.exceptionType]?.word
        let message =
            span.exception?[.exceptionMessage]?.word ?? OTLPValue.text(span.statusMessage).word
        guard type != nil || message != nil else { return nil }
        return Failure(
            name: Self.name(type, limit: Limits.name) ?? name(.errorType, limit: Limits.name),
            kind: span.exception == nil ? nil : "exception", message: message)
    }

    /// The connector that a fault is of, when the record says so; a service is none.
    mutating func faultConnector() -> String? {
        assembler.begin()
        for candidate in [index[.connector], resource[.connector], index[.peerService]] {
            guard case .text(let text)? = candidate, let name = assembler.connector(from: text) else { continue }
            return String(decoding: name, as: UTF8.self)
        }
        return nil
    }
}
