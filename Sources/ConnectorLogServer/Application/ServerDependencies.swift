package import ConnectorLogCore
package import ConnectorLogIngest
package import ConnectorLogSecrets
package import Logging

/// What the server works with. It knows ports, never a concrete store.
package struct ServerDependencies: Sendable {
    package var reader: any LogReader
    package var catalog: any Catalog
    package var keeper: any LogKeeper
    package var pipeline: IngestPipeline
    /// The way in for reports of Boomi Flow.
    package var boomi: BoomiIntake
    /// Secrets and rules; its book is the one that the pipeline asks.
    package var vault: SecretVault
    package var now: @Sendable () -> Timestamp
    /// So many random bytes, unpredictable: keys, identifiers and names of requests are made of them.
    package var randomBytes: @Sendable (_ count: Int) -> [UInt8]
    /// 32 bytes that sign cursors and sessions; kept with the store, so that both outlive a restart.
    package var signingKey: [UInt8]
    /// Tells pages of what was stored; the pipeline's writer has to be a `LiveLogWriter` of it.
    package var live: LiveLog
    /// Whether the store can take entries: what `/readyz` answers.
    package var isReady: @Sendable () async -> Bool
    /// What `/metrics` shows. The program makes it the factory of `MetricsSystem`, so that the store's are there too.
    package var metrics: MetricsRegistry
    package var logger: Logger

    /// - Parameter pending: of the store that the pipeline writes to.
    package init(
        reader: any LogReader, catalog: any Catalog, keeper: any LogKeeper, pending: any PendingCalls,
        pipeline: IngestPipeline, vault: SecretVault, now: @escaping @Sendable () -> Timestamp, signingKey: [UInt8],
        isReady: @escaping @Sendable () async -> Bool, logger: Logger,
        metrics: MetricsRegistry = MetricsRegistry(), live: LiveLog = LiveLog(),
        randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8] = ServerDependencies.systemRandomBytes
    ) {
        self.reader = reader
        self.catalog = catalog
        self.keeper = keeper
        self.pipeline = pipeline
        boomi = BoomiIntake(pipeline: pipeline, reader: reader, pending: pending)
        self.vault = vault
        self.now = now
        self.randomBytes = randomBytes
        self.signingKey = signingKey
        self.isReady = isReady
        self.live = live
        self.metrics = metrics
        self.logger = logger
    }

    /// From the system's generator, which is cryptographically secure.
    package static let systemRandomBytes: @Sendable (Int) -> [UInt8] = { count in
        // Each number is a call of the system's: eight bytes of it, not one.
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes += $0 }
        }
        return Array(bytes.prefix(count))
    }
}
