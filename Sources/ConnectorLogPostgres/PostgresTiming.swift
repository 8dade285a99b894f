/// Times that are not for operators to choose, and for tests to shorten.
struct PostgresTiming: Sendable {
    /// Milliseconds until `CatalogListener` asks without being notified: some more, and keys would be older than 5
    /// seconds.
    var interval: Int32 = 2000
    /// Whether it is notified.
    var listens = true
    /// Microseconds in which a server that lives has taken the lock of its commit.
    var grace: Int64 = 10_000_000
    /// How long PostgreSQL is asked for the outcome of a commit that it gave no answer to, as while it starts again.
    var outcomePatience = Duration.seconds(15)
}
