import ConnectorLogAPI
package import ConnectorLogCore
package import ConnectorLogSecrets

/// What all routes work with: the dependencies and what the server makes of them, once, at its start.
package struct ServerEnvironment: Sendable {
    package let dependencies: ServerDependencies
    package let settings: ServerSettings
    package let sessions: SessionCookie
    let tokens: AccessTokens
    package let limiter: RateLimiter
    let cursors: CursorCodec
    let metrics: ServerMetrics
    let presence = ClientPresence()
    let trials = RuleTrialSlots(RuleTrialLimits.atOnce)
    let rejections = RejectionReport()
    let callRecords = CallRecordHealth()
    /// Events of Boomi Flow of which the type is unknown are told in the log once.
    let unknownEvents = FirstTime()

    package init(dependencies: ServerDependencies, settings: ServerSettings) {
        self.dependencies = dependencies
        self.settings = settings
        sessions = SessionCookie(signingKey: dependencies.signingKey)
        tokens = AccessTokens(signingKey: dependencies.signingKey)
        limiter = RateLimiter(settings: settings)
        cursors = CursorCodec(signingKey: dependencies.signingKey)
        metrics = ServerMetrics(registry: dependencies.metrics)
    }

    package var reader: any LogReader { dependencies.reader }
    package var catalog: any Catalog { dependencies.catalog }
    package var vault: SecretVault { dependencies.vault }
    package var now: Timestamp { dependencies.now() }
}
