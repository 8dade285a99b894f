import ConnectorLogCore

/// One report of Boomi Flow: events or states, one or an array of them, decoded and redacted as they arrive; `finish` stores
/// them. What it holds is charged to the pipeline's budget.
package struct BoomiSession: ~Copyable {
    private let intake: BoomiIntake
    private let team: Int64
    private let limit: Int
    private var decompressor: Decompressor
    private var elements: ElementSplitter
    private var decoder: BoomiCallDecoder
    private let states: BoomiStateDecoder
    private var builder: RedactingBatchBuilder
    /// As they came: they are redacted when it is known which of them are new.
    private var faults: [RootFault] = []
    private var faultBytes = 0
    private var arena = TextArena()
    private var outcome = BoomiOutcome()
    private var received = 0
    private var share: AdmissionShare
    private let arrival: Timestamp

    init(intake: BoomiIntake, team: Int64, encoding: IngestFormat.Encoding) {
        let pipeline = intake.pipeline
        (self.intake, self.team) = (intake, team)
        limit = min(BoomiLimits.requestBytes, pipeline.limits.requestBytes)
        arrival = pipeline.now()
        decompressor = Decompressor(encoding)
        elements = ElementSplitter(lineBytes: pipeline.limits.lineBytes)
        decoder = BoomiCallDecoder(names: intake.names, team: team, arrival: arrival)
        states = BoomiStateDecoder(team: team, arrival: arrival)
        builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
        share = AdmissionShare(of: pipeline.budget)
    }

    /// Takes the next bytes of the body. Throws `.invalidEncoding`, `.invalidJSON`, `.tooLarge` or `.overloaded`.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        var rest = bytes
        while let piece = try decompressor.next(&rest) {
            received += piece.count
            guard received <= limit else {
                throw IngestError(.tooLarge, "a report has at most \(limit) bytes, decompressed")
            }
            var rest = piece
            while let element = try elements.next(&rest) {
                try take(element)
                try charge()
            }
            try charge()
        }
    }

    private mutating func take(_ element: SplitPiece) throws(IngestError) {
        guard elements.count <= BoomiLimits.events else {
            throw IngestError(.tooLarge, "a report has at most \(BoomiLimits.events) events")
        }
        switch element {
        case .line(let place, let text):
            decode(text, at: place)
            guard faults.count <= BoomiLimits.reportFaults else {
                throw IngestError(.tooLarge, "a report has at most \(BoomiLimits.reportFaults) root faults")
            }
        case .tooLong(let place):
            let error = LineError(.lineTooLong, "longer than \(intake.pipeline.limits.lineBytes) bytes")
            outcome.reject(.unknown, error, at: place)
        // Who sends it again sends all of it again: nothing is stored of what breaks off.
        case .broken(_, let error): throw IngestError(.invalidJSON, error.message)
        }
    }

    private mutating func charge() throws(IngestError) {
        // A decoder has the texts of an event twice, once as they came and once as strings of Swift.
        let bytes =
            builder.byteCount + 3 * decoder.byteCount + arena.byteCount + faultBytes + elements.byteCount
            + decompressor.byteCount(received: received)
        guard share.hold(bytes) else { throw IngestError(.overloaded, "too many requests are under way") }
    }

    // MARK: - Decoding

    private mutating func decode(_ text: UnsafeRawBufferPointer, at place: Int) {
        guard let members = JSONMembers(text) else {
            return outcome.reject(.unknown, LineError(.notAnObject, "no JSON object"), at: place)
        }
        let object = BoomiObject(members)
        if let type = object.text("type") {
            decode(event: object, type: type, text, at: place)
        } else if BoomiStateDecoder.isState(object) {
            decode(state: object, at: place)
        } else {
            outcome.reject(.unknown, LineError(.invalidValue, "neither an event nor a state"), at: place)
        }
    }

    private mutating func decode(
        event: BoomiObject, type: String, _ text: UnsafeRawBufferPointer, at place: Int
    ) {
        var kind = BoomiEventKind(type: type) ?? .unknown
        if BoomiEventKind(type: type) == nil, let part = decoder.kind(of: event) { kind = BoomiEventKind(part) }
        guard let part = kind.part else { return outcome.skip(kind) }
        do throws(LineError) {
            let key = try decoder.decode(event, text, as: part)
            builder.hold(decoder.assembler.draft, as: key, arrivedAt: arrival)
            outcome.take(kind)
        } catch {
            outcome.reject(kind, error, at: place)
        }
    }

    private mutating func decode(state: BoomiObject, at place: Int) {
        do throws(LineError) {
            arena.reset()
            let (change, faults) = try states.decode(state, &arena)
            builder.append(change)
            self.faults += faults
            faultBytes += faults.reduce(0) {
                $0 + 1024 + 2 * ($1.responseBody?.bytes.count ?? 0) + ($1.message ?? "").utf8.count
            }
            outcome.take(.state)
        } catch {
            outcome.reject(.state, error, at: place)
        }
    }

    // MARK: - Storing

    /// Stores what was good; returns when it is on disk. Throws what `feed` threw, `.empty`, and what the store refused.
    package consuming func finish() async throws(IngestError) -> BoomiOutcome {
        try close()
        let (outcome, intake, team) = (outcome, intake, team)
        guard builder.count > 0 else { return outcome }
        let parts = builder.pendingCounts
        let place =
            parts.parts > 0
            ? try await intake.room.take(parts, team: team, areAnswers: outcome.bringsNoMoreRequestsThanAnswers) : nil
        let faults = faults
        // The batch stays in memory until it is stored, so the share is held until then.
        let share = share
        do throws(StoreError) {
            if faults.isEmpty {
                _ = try await intake.pipeline.writer.append(builder.finish(), idempotency: nil)
            } else {
                try await Self.store(builder, faults, intake)
            }
        } catch {
            throw IngestError(error)
        }
        _ = consume share
        withExtendedLifetime(place) {}
        if place != nil { intake.joiner.wake() }
        return outcome
    }

    private mutating func close() throws(IngestError) {
        try decompressor.finish()
        if let element = elements.last() { try take(element) }
        guard received > 0 else { throw IngestError(.invalidJSON, "the body is empty") }
    }

    private static func store(
        _ builder: consuming RedactingBatchBuilder, _ faults: [RootFault], _ intake: BoomiIntake
    ) async throws(StoreError) {
        try await intake.faults.slot.acquire()
        defer { intake.faults.slot.release() }
        for fault in try await intake.faults.among(faults) { builder.append(fault) }
        _ = try await intake.pipeline.writer.append(builder.finish(), idempotency: nil)
    }
}

extension BoomiEventKind {
    fileprivate init(_ part: PendingPart.Kind) {
        self =
            switch part {
            case .request: .request
            case .response: .response
            case .failure: .failure
            }
    }
}
