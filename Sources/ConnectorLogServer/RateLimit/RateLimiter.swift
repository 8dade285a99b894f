package import ConnectorLogCore
import Synchronization

/// The server's budgets: requests of each key, and failed authentications of each peer address.
package final class RateLimiter: Sendable {
    /// Keys whose buckets are remembered; there are hardly ever so many.
    private static let maximumKeys = 65_536
    /// Peers whose failures are remembered.
    private static let maximumPeers = 65_536

    // The optional is inside: a lock must not be moved while it is used, and unwrapping may move it.
    private let requests: Mutex<TokenBucketTable<String>?>
    private let failures: Mutex<TokenBucketTable<PeerAddress>?>

    package init(settings: ServerSettings) {
        requests = Mutex(
            RateLimit(perHour: settings.rateLimitPerHour).map {
                TokenBucketTable(limit: $0, capacity: Self.maximumKeys)
            })
        failures = Mutex(
            RateLimit(perHour: settings.failedAuthenticationsPerHour).map {
                TokenBucketTable(limit: $0, capacity: Self.maximumPeers)
            })
    }

    /// Takes one request off the key's budget; nil when it has no limit.
    package func takeRequest(of key: APIKey, now: Timestamp) -> RateLimitStatus? {
        requests.withLock { $0?.take(key.id, now: now) }
    }

    /// Notes a failed authentication; nil when there is no limit. Also for failed sign-ins on the pages.
    package func noteFailure(of peer: PeerAddress, now: Timestamp) -> RateLimitStatus? {
        failures.withLock { $0?.take(peer, now: now) }
    }

    /// Where the budget stands that this request belongs to, taking nothing: the key's, else that of failures of its peer.
    func status(of key: APIKey?, peer: @autoclosure () -> PeerAddress, now: Timestamp) -> RateLimitStatus? {
        if let key {
            requests.withLock { $0?.status(key.id, now: now) }
        } else {
            failures.withLock { $0?.status(peer(), now: now) }
        }
    }
}
