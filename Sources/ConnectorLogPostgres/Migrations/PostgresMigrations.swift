package import ConnectorLogCore

/// Brings the tables of a database to the version of this program.
package enum PostgresMigrations {
    private static let versionTable = """
        CREATE TABLE IF NOT EXISTS schema_version (
            number int8 PRIMARY KEY,
            name text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    /// All that `migrate` runs on an empty database, in order.
    package static var statements: [String] {
        [versionTable] + PostgresMigration.all.flatMap { $0.statements + [note($0)] }
    }

    private static func note(_ migration: PostgresMigration) -> String {
        "INSERT INTO schema_version (number, name) VALUES (\(migration.number), '\(migration.name)')"
    }

    /// What `migrate` would run on this database, which stays as it is.
    package static func pending(_ configuration: PostgresConfiguration) async throws(StoreError) -> [PostgresMigration]
    {
        try await withConnection(configuration) { connection in
            let version = try version(connection)
            try refuseNewer(version)
            return PostgresMigration.all.filter { $0.number > version }
        }
    }

    /// Each step is a transaction. Of several that run at once, one does the work, the others wait for it. Throws
    /// `newer` when the tables are those of a newer program.
    /// - Returns: the steps that were taken.
    @discardableResult
    package static func migrate(
        _ configuration: PostgresConfiguration
    ) async throws(StoreError) -> [PostgresMigration] {
        try await withConnection(configuration) { connection in
            var taken: [PostgresMigration] = []
            while let step = try nextStep(connection) { taken.append(step) }
            return taken
        }
    }

    /// Takes the next step; nil when there is none.
    private static func nextStep(_ connection: PostgresConnection) throws -> PostgresMigration? {
        try connection.transaction { connection in
            // Whoever has it has it until the end of the transaction: the next one looks anew.
            try connection.take(AdvisoryLock.migrations)
            try connection.execute(versionTable)
            let version = try version(connection)
            try refuseNewer(version)
            guard let step = PostgresMigration.all.first(where: { $0.number > version }) else { return nil }
            for statement in step.statements { try connection.execute(statement) }
            try connection.execute(note(step))
            return step
        }
    }

    /// Throws `missing` when the tables are not there or older, `newer` when they are newer than this program.
    static func check(_ connection: PostgresConnection) throws {
        let version = try version(connection)
        try refuseNewer(version)
        guard version == PostgresMigration.newest else {
            throw StoreError(
                .missing,
                "the tables in PostgreSQL have version \(version), not \(PostgresMigration.newest): "
                    + "run connectorlog store migrate"
            )
        }
    }

    private static func refuseNewer(_ version: Int64) throws {
        guard version <= PostgresMigration.newest else {
            throw StoreError(
                .newer,
                "the tables in PostgreSQL have version \(version), this program knows \(PostgresMigration.newest)")
        }
    }

    /// 0 where there are no tables.
    private static func version(_ connection: PostgresConnection) throws -> Int64 {
        let exists = try connection.first("SELECT to_regclass('schema_version') IS NOT NULL") { try $0.boolean(0) }
        guard exists ?? false else { return 0 }
        return try connection.first("SELECT coalesce(max(number), 0) FROM schema_version") { try $0.integer(0) } ?? 0
    }

    /// Large tables take their time: no limit but that of waiting for others.
    private static func withConnection<Value: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let threads = BlockingThreads(maximum: 1)
        defer { threads.stop() }
        var configuration = configuration
        configuration.statementTimeout = 3_600_000
        configuration.lockTimeout = 600_000
        let result = await threads.run { [configuration] in
            let connection = try PostgresConnection.open(configuration, at: "migrating")
            defer { connection.close() }
            return try body(connection)
        }
        do { return try result.get() } catch { throw StoreError(postgres: error) }
    }
}
