import CByteSearch
import ConnectorLogCore

/// Walks through a request in protobuf, group by group, and gives its records to the decoder. Traces and logs have the same
/// numbers: a request's resources are field 1, a resource's attributes 1 and its scopes 2, a scope's records 2.
///
/// Nothing of the request is copied before it is redacted, and no record is in memory as objects. Swift's own protobuf
/// would take most of the time of an entry for that (`docs/adr/0012-otlp-without-objects.md`).
struct OTLPRequestReader: ~Copyable {
    typealias Text = UnsafeRawBufferPointer

    private let signal: OTLPSignal
    private let pipeline: IngestPipeline
    private var decoder: OTLPRecordDecoder
    private var builder: RedactingBatchBuilder
    private var share: AdmissionShare
    private var outcome = OTLPOutcome()
    /// What the request's own bytes take.
    private let requestBytes: Int
    private var groups = 0

    init(
        _ signal: OTLPSignal, pipeline: IngestPipeline, caller: IngestCaller, requestBytes: Int,
        share: consuming AdmissionShare
    ) {
        (self.signal, self.pipeline, self.requestBytes) = (signal, pipeline, requestBytes)
        self.share = share
        decoder = OTLPRecordDecoder(caller: caller, arrival: pipeline.now(), recent: pipeline.recentSpans)
        builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
    }

    /// Reads a request, whose bytes have to stay where they are until `store`.
    mutating func read(_ request: Text) throws(IngestError) {
        do throws(WireReader.Malformed) {
            if signal == .traces {
                try noteRuns(request)
                charge()
            }
            var resources = WireReader(request)
            while let resource = try resources.next() {
                if resource.number == 1, case .bytes(let resource) = resource.value { try read(resource: resource) }
            }
        } catch {
            throw IngestError(.invalidEncoding, "the body is no \(signal.messageName) in protobuf")
        }
        if let failure { throw failure }
    }

    /// Stores what was read.
    consuming func store() async throws(IngestError) -> OTLPOutcome {
        let outcome = outcome
        guard builder.count > 0 else { return outcome }
        // Both end when the batch is stored, or is not.
        let share = share
        let claim = decoder.claim
        do throws(StoreError) {
            _ = try await pipeline.writer.append(builder.finish(), idempotency: nil)
        } catch {
            throw IngestError(error)
        }
        claim.noteStored()
        _ = consume share
        return outcome
    }

    // MARK: - Groups

    /// Why the records of the present resource cannot be taken.
    private var resourceFault: LineError?
    /// Set once the request as a whole is not taken: nothing is read after it.
    private var failure: IngestError?

    private mutating func read(resource: Text) throws(WireReader.Malformed) {
        guard countGroup() else { return }
        do throws(WireReader.Malformed) {
            decoder.resource = try .ofResource(try WireReader.bytes(1, in: resource) ?? OTLPSpanRecord.nothing)
            resourceFault = nil
        } catch {
            // Whose records these are, nobody knows; those of the other resources are good.
            resourceFault = LineError(.invalidValue, "the resource is not one in protobuf")
        }
        var scopes = WireReader(resource)
        while let scope = try scopes.next() {
            guard scope.number == 2, case .bytes(let scope) = scope.value, countGroup() else { continue }
            var records = WireReader(scope)
            while let record = try records.next() {
                if record.number == 2, case .bytes(let record) = record.value { read(record: record) }
            }
        }
    }

    private mutating func countGroup() -> Bool {
        groups += 1
        if groups > OTLPLimits.groups, failure == nil {
            failure = IngestError(.tooLarge, "a request has at most \(OTLPLimits.groups) resources and scopes")
        }
        return failure == nil
    }

    /// Calls are often sent before the root span of their trace, in one request with it. Only roots, and spans of what the
    /// engine alone knows, are looked into.
    private mutating func noteRuns(_ request: Text) throws(WireReader.Malformed) {
        guard request.holds("flow.") else { return }
        var resources = WireReader(request)
        while let resource = try resources.next() {
            guard resource.number == 1, case .bytes(let resource) = resource.value else { continue }
            var scopes = WireReader(resource)
            while let scope = try scopes.next() {
                guard scope.number == 2, case .bytes(let scope) = scope.value else { continue }
                var records = WireReader(scope)
                while let record = try records.next() {
                    guard record.number == 2, case .bytes(let span) = record.value,
                        span.count <= OTLPLimits.recordBytes,
                        (try? WireReader.bytes(4, in: span)?.contains { $0 != 0 }) != true
                            || span.holds("flow.response.") || span.holds(".invokeType")
                    else { continue }
                    if span.holds("flow.") { decoder.noteRun(ofSpan: span) }
                }
            }
        }
    }

    // MARK: - Records

    private mutating func read(record: Text) {
        guard failure == nil else { return }
        guard outcome.records < pipeline.limits.requestLines else {
            failure = IngestError(
                .tooLarge, "a request has at most \(pipeline.limits.requestLines) \(signal.recordName)")
            return
        }
        do throws(LineError) {
            switch try decode(record) {
            case .stored: outcome.stored += 1
            case .skipped: outcome.skipped += 1
            case .repeated: outcome.repeated += 1
            case .underWay:
                failure = IngestError(.overloaded, "another request with the same spans is being stored")
            }
        } catch {
            outcome.reject(error)
        }
        charge()
    }

    private mutating func charge() {
        if !share.hold(requestBytes + builder.byteCount + decoder.byteCount) {
            failure = IngestError(.overloaded, "too many requests are under way")
        }
    }

    private mutating func decode(_ record: Text) throws(LineError) -> OTLPRecordDecoder.Result {
        if let resourceFault { throw resourceFault }
        guard record.count <= OTLPLimits.recordBytes else {
            throw LineError(.lineTooLong, "longer than \(OTLPLimits.recordBytes) bytes")
        }
        return switch signal {
        case .traces: try decoder.decodeSpan(record, into: &builder)
        case .logs: try decoder.decodeLogRecord(record, into: &builder)
        }
    }
}

extension OTLPSignal {
    fileprivate var messageName: String {
        switch self {
        case .traces: "ExportTraceServiceRequest"
        case .logs: "ExportLogsServiceRequest"
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func holds(_ word: StaticString) -> Bool {
        guard let start = baseAddress else { return false }
        return holds_bytes(start, count, word.utf8Start, word.utf8CodeUnitCount)
    }
}
