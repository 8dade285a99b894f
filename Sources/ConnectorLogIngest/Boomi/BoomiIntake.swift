package import ConnectorLogCore

/// The way in for reports of Boomi Flow: what their sessions have in common, and what puts parts of calls together.
package struct BoomiIntake: Sendable {
    let pipeline: IngestPipeline
    let room: PendingRoom
    let names: PendingNames
    let faults: NewFaults
    package let joiner: CallJoiner

    /// - Parameter pending: of the store that the pipeline's writer writes to, as `reader` is.
    package init(pipeline: IngestPipeline, reader: any LogReader, pending: any PendingCalls) {
        self.pipeline = pipeline
        room = PendingRoom(pending)
        names = PendingNames(key: pipeline.book.fingerprintKey)
        faults = NewFaults(reader: reader, book: pipeline.book, bodyLimit: pipeline.limits.bodyBytes)
        joiner = CallJoiner(pipeline: pipeline, pending: pending)
    }

    package func makeSession(team: Int64, encoding: IngestFormat.Encoding) -> BoomiSession {
        BoomiSession(intake: self, team: team, encoding: encoding)
    }
}
