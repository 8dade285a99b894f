package import ConnectorLogCore

/// The one path of every way in: decoder, limits, redaction, store.
package struct IngestPipeline: Sendable {
    let writer: any LogWriter
    package let limits: IngestLimits
    let now: @Sendable () -> Timestamp
    package let book: RedactionBook
    let budget: AdmissionBudget
    let recentSpans = RecentSpans()

    package init(
        writer: any LogWriter, book: RedactionBook, limits: IngestLimits = IngestLimits(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        (self.writer, self.book, self.limits, self.now) = (writer, book, limits, now)
        budget = AdmissionBudget(limit: limits.bytesInFlight)
    }

    /// Bytes that all open sessions hold together, of `IngestLimits.bytesInFlight`.
    package var bytesInFlight: Int { budget.bytesInUse }

    /// Takes so many bytes of `IngestLimits.bytesInFlight`; nil when they are not there.
    package func hold(_ bytes: Int) -> AdmissionHold? {
        AdmissionHold(bytes, of: budget)
    }

    /// As above, while half of the budget is free: for what can be done without.
    package func holdOfSpare(_ bytes: Int) -> AdmissionHold? {
        budget.bytesInUse + bytes <= limits.bytesInFlight / 2 ? hold(bytes) : nil
    }

    /// - Parameter hasIdempotencyKey: whether `finish` will be given a key; a body is only hashed then.
    package func makeSession(
        format: IngestFormat, caller: IngestCaller, hasIdempotencyKey: Bool = false
    ) -> IngestSession {
        var caller = caller
        caller.defaultTeam = format.defaults.team ?? caller.defaultTeam
        return IngestSession(pipeline: self, format: format, caller: caller, hasIdempotencyKey: hasIdempotencyKey)
    }
}

/// What one server takes at once and of one request. Defaults in `Limits`.
package struct IngestLimits: Sendable {
    package var bodyBytes = Limits.bodyBytes
    package var lineBytes = Limits.lineBytes
    package var archiveEntryBytes = Limits.archiveEntryBytes
    package var requestBytes = Limits.requestBytes
    package var requestLines = Limits.requestLines
    /// Bytes that all requests together may hold before they are stored.
    package var bytesInFlight = 256 << 20

    package init() {}
}
