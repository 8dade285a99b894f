/// Where a PostgreSQL database is, as libpq takes it: `postgres://user:password@host:port/database?options`.
package struct PostgresAddress: Hashable, Sendable {
    package var url: String

    /// Nil unless the scheme is `postgres` or `postgresql`.
    package init?(_ url: String) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else { return nil }
        self.url = url
    }
}
