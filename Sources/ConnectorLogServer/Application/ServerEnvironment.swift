import ConnectorLogAPI
package import ConnectorLogCore
package import ConnectorLogSecrets

/// What all routes work with: the dependencies and what the server makes of them, once, at its start.
package struct ServerEnvironment: Sendable {
    package let dependencies: ServerDependencies
    package let settings: ServerSettings
    package let sessions: SessionCookie
    package let limiter: RateLimiter
    let cursors: CursorCodec
    let metrics: ServerMetrics
    let trials = RuleTrialSlots(RuleTrialLimits.atOnce)

    package init(dependencies: ServerDependencies, settings: ServerSettings) {
        self.dependencies = dependencies
        self.settings = settings
        sessions = SessionCookie(signingKey: dependencies.signingKey)
        limiter = RateLimiter(settings: settings)
        cursors = CursorCodec(signingKey: dependencies.signingKey)
        metrics = ServerMetrics(registry: dependencies.metrics)
    }

    package var reader: any LogReader { dependencies.reader }
    package var catalog: any Catalog { dependencies.catalog }
    package var vault: SecretVault { dependencies.vault }
    package var now: Timestamp { dependencies.now() }
}
