import CPostgres

/// Where a PostgreSQL database is, as libpq takes it: `postgres://user:password@host:port/database?options`.
///
/// Options are libpq's own (its documentation, section "Parameter Key Words"): `sslmode=verify-full`, `sslrootcert`,
/// `options=-csearch_path%3Dlog`, several hosts, and so on. What `PostgresConnection` sets by itself, they may set
/// otherwise.
package struct PostgresAddress: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var url: String

    /// Nil unless the scheme is `postgres` or `postgresql` and libpq can read it.
    package init?(_ url: String) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else { return nil }
        // What libpq has to say of a text that it cannot read may be a part of the password: nobody is told.
        guard let options = PQconninfoParse(url, nil) else { return nil }
        PQconninfoFree(options)
        self.url = url
    }

    /// Nothing of it: a password may be anywhere.
    package var description: String { "PostgresAddress" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
