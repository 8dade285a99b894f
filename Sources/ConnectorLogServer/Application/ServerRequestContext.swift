package import ConnectorLogCore
package import Hummingbird
import Logging
package import NIOCore
import Synchronization

/// What travels with a request through the middleware to its route.
package struct ServerRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The connection's channel.
    package let channel: any Channel
    /// `[A-Za-z0-9_-]{8,64}`: the client's own, or made here.
    package var requestID = ""
    /// What was found out on the way, for headers and the log, also when the request fails.
    let findings = RequestFindings()

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The key that the request came with, once it is authenticated.
    package var caller: APIKey? { findings.caller }
}

/// Shared by the copies of one request's context: what fails deep inside is answered outside.
package final class RequestFindings: Sendable {
    private struct Facts {
        var caller: APIKey?
        var rateLimit: RateLimitStatus?
        var changed: String?
    }

    private let facts = Mutex(Facts())

    package var caller: APIKey? {
        get { facts.withLock { $0.caller } }
        set { facts.withLock { $0.caller = newValue } }
    }

    /// What the request made, for the audit, where its path does not name it.
    package var changed: String? {
        get { facts.withLock { $0.changed } }
        set { facts.withLock { $0.changed = newValue } }
    }

    /// Where the budget stands that the request draws on.
    package var rateLimit: RateLimitStatus? {
        get { facts.withLock { $0.rateLimit } }
        set { facts.withLock { $0.rateLimit = newValue } }
    }
}
