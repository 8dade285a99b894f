/// How a store talks to PostgreSQL.
package struct PostgresConfiguration: Sendable {
    /// Two for questions while all others hold commits.
    package static let fewestConnections = 3

    package var address: PostgresAddress
    /// In the place of the address's. Secret.
    package var password: String?
    /// Connections at most, but for `PostgresPool.reserve` more that draw numbers and one that listens. Each commit holds
    /// one until its entries are written; `fewestConnections` at least.
    package var connections = 8
    /// Seconds; libpq waits 2 at least, for each host.
    package var connectTimeout = 5
    /// Milliseconds that a statement may take.
    package var statementTimeout = 60_000
    /// Milliseconds to wait for what another transaction holds: a connector of another server's commit, say.
    package var lockTimeout = 30_000
    /// Milliseconds in which an answer has to come after `statementTimeout`, before its connection passes for lost.
    package var answerGrace = 5_000
    /// Milliseconds that a commit may hold its connection without a word: as long as entries may take to be written.
    /// The server then ends it, so that what a machine held that is gone is free again.
    package var longestSilence = 600_000
    /// How long one may wait for a connection before `overloaded` is the answer.
    package var longestWait = Duration.seconds(5)

    package init(address: PostgresAddress) { self.address = address }
}
