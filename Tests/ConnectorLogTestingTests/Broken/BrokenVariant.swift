import ConnectorLogCore
import ConnectorLogTesting

/// A store with one defect, and the cases that have to find it.
struct BrokenVariant: Sendable, CustomStringConvertible {
    let name: String
    let caughtBy: [String]
    let make: @Sendable () -> StoreUnderTest

    var description: String { name }

    /// A defect of the log.
    static func log(
        _ name: String, caughtBy: String..., defect: @escaping @Sendable (inout BrokenLog) -> Void
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            var log = BrokenLog(store)
            defect(&log)
            return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
        }
    }

    /// A defect of what is appended.
    static func batch(
        _ name: String, caughtBy: String..., defect: @escaping @Sendable (inout BatchContents) -> Void
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            var log = BrokenLog(store)
            log.append = { store, batch, idempotency in
                var contents = try BatchContents(batch)
                defect(&contents)
                return try await store.append(contents.batch, idempotency: idempotency)
            }
            return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
        }
    }

    /// A defect of what removes records.
    static func keeper(
        _ name: String, caughtBy: String..., defect: @escaping @Sendable (InMemoryStore) -> any BrokenKeeper
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            return StoreUnderTest(
                writer: store, reader: store, catalog: store, keeper: defect(store), pending: store, clock: clock)
        }
    }

    /// A defect of the catalog.
    static func catalog(
        _ name: String, caughtBy: String...,
        defect: @escaping @Sendable (InMemoryStore, ManualClock) -> any BrokenCatalog
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            return StoreUnderTest(
                writer: store, reader: store, catalog: defect(store, clock), keeper: store, pending: store, clock: clock
            )
        }
    }
}

/// A catalog with a defect.
protocol BrokenCatalog: ForwardingCatalog {}

/// A batch taken apart, so that a defect can change it before it is redacted again (which changes nothing).
struct BatchContents {
    var entries: [SampleEntry]
    var faults: [RootFault]
    var states: [StateChange]

    init(_ batch: RedactedBatch) throws(StoreError) {
        entries = try batch.entries.decoded().map(SampleEntry.init)
        faults = batch.faults
        states = batch.states
    }

    var batch: RedactedBatch { Fixtures.batch(entries, faults: faults, states: states) }
}

extension SampleEntry {
    init(_ entry: LogEntry) {
        let summary = entry.summary
        self.init(
            team: summary.teamID, at: summary.logTime, connector: summary.connectorIdentifier, status: summary.status)
        outcome = summary.outcome
        event = summary.event
        method = summary.method
        uri = summary.uri
        durationMicroseconds = summary.durationMicroseconds
        requestID = summary.requestID
        flowID = summary.flowID
        flowName = summary.flowName
        flowVersion = summary.flowVersion
        stateID = summary.stateID
        traceID = summary.traceID
        spanID = summary.spanID
        errorName = summary.errorName
        errorMessage = summary.errorMessage
        requestHeaders = entry.requestHeaders
        responseHeaders = entry.responseHeaders
        requestBody = entry.requestBody.map(SampleBody.init)
        responseBody = entry.responseBody.map(SampleBody.init)
        attributesJSON = entry.attributesJSON
    }
}

extension SampleEntry.SampleBody {
    init(_ body: Body) {
        self.init(
            bytes: body.bytes, isBinary: body.isBinary, originalSize: body.originalSize, isTruncated: body.isTruncated)
    }
}
