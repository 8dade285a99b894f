import CPostgres

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One connection to PostgreSQL. Its calls block, so that they belong on `BlockingThreads` or a thread of one's own.
///
/// Used by one thread at a time: who has it from the pool has it alone. That is a rule of the pool, which the compiler cannot
/// see, hence `@unchecked`; a lock here would be taken for nothing. Values go and come in binary format, and each
/// statement is prepared once, by its text (so that a pooler between has to keep sessions whole).
final class PostgresConnection: @unchecked Sendable {
    /// Older ones are not tested.
    static let oldestVersion: Int32 = 150_000

    let handle: OpaquePointer
    /// How long an answer may take: beyond what the server itself stops.
    let answerMilliseconds: Int32
    /// Names of prepared statements by text.
    var prepared: [String: String] = [:]
    /// Nothing can be asked any more.
    private(set) var isBroken = false
    private var isClosed = false

    private init(handle: OpaquePointer, answerMilliseconds: Int32) {
        (self.handle, self.answerMilliseconds) = (handle, answerMilliseconds)
    }

    deinit { close() }

    func close() {
        if isClosed { return }
        (isClosed, isBroken) = (true, true)
        PQfinish(handle)
    }

    func markBroken() { isBroken = true }

    // MARK: - Connecting

    /// What the address may say otherwise comes before it, what it may not behind it (libpq's documentation, section
    /// "Database Connection Control Functions"). A server that is gone without a word is noticed within half a minute.
    private static func parameters(_ configuration: PostgresConfiguration) -> [(String, String)] {
        [
            ("connect_timeout", String(configuration.connectTimeout)), ("keepalives", "1"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"), ("target_session_attrs", "read-write"), ("application_name", "connectorlog"),
            ("dbname", configuration.address.url), ("client_encoding", "UTF8"),
        ] + (configuration.password.map { [("password", $0)] } ?? [])
    }

    static func open(
        _ configuration: PostgresConfiguration, at place: String = #function
    ) throws(PostgresError) -> PostgresConnection {
        guard let handle = connect(parameters(configuration)) else {
            throw PostgresError(.unreachable(.silence), at: place)
        }
        let wait = configuration.statementTimeout + configuration.answerGrace
        let connection = PostgresConnection(handle: handle, answerMilliseconds: Int32(clamping: wait))
        guard PQstatus(handle) == CONNECTION_OK else {
            throw PostgresError(.unreachable(obstacle(String(cString: PQerrorMessage(handle)))), at: place)
        }
        // What libpq has to tell would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        PQsetnonblocking(handle, 1)
        guard PQserverVersion(handle) >= oldestVersion else { throw PostgresError(.unreachable(.version), at: place) }
        try connection.settle(configuration, place)
        return connection
    }

    private static func connect(_ parameters: [(String, String)]) -> OpaquePointer? {
        let copies = parameters.map { (strdup($0.0), strdup($0.1)) }
        defer {
            for (keyword, value) in copies {
                free(keyword)
                free(value)
            }
        }
        let keywords = copies.map { UnsafePointer($0.0) } + [nil]
        let values = copies.map { UnsafePointer($0.1) } + [nil]
        return PQconnectdbParams(keywords, values, 1)
    }

    /// libpq says it in words alone. They are not passed on: they may quote the address.
    private static func obstacle(_ text: String) -> PostgresError.Obstacle {
        let signs: [(String, PostgresError.Obstacle)] = [
            ("authentication failed", .credentials), ("no pg_hba.conf entry", .credentials),
            ("no password supplied", .credentials), ("too many", .connections),
            ("remaining connection slots", .connections), ("starting up", .starting), ("shutting down", .starting),
            ("recovery mode", .starting), ("does not exist", .database), ("translate host name", .name),
            ("SSL", .encryption), ("certificate", .encryption), ("read-only", .readOnly), ("hot standby", .readOnly),
        ]
        return signs.first { text.contains($0.0) }?.1 ?? .silence
    }

    /// A commit is durable when it returns, whatever the database's own setting; the server ends what waits for too
    /// long, and notices a client that is gone, so that nothing stays held.
    private func settle(_ configuration: PostgresConfiguration, _ place: String) throws(PostgresError) {
        try command(
            """
            SET statement_timeout = \(configuration.statementTimeout); SET lock_timeout = \(configuration.lockTimeout);
            SET idle_in_transaction_session_timeout = \(configuration.longestSilence);
            SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
            SET tcp_user_timeout = 30000; SET default_transaction_isolation = 'read committed'; SET jit = off;
            SELECT set_config('synchronous_commit', 'on', false)
            WHERE current_setting('synchronous_commit') IN ('off', 'local')
            """, at: place)
    }

    // MARK: - Transactions

    /// Whether a transaction is under way, also one that failed.
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// Runs `body` in a transaction; whatever it throws undoes it.
    func transaction<Value>(
        _ begin: String = "BEGIN", at place: String = #function, _ body: (PostgresConnection) throws -> Value
    ) throws -> Value {
        try command(begin, at: place)
        let value: Value
        do {
            value = try body(self)
        } catch {
            rollback()
            throw error
        }
        try commit(at: place)
        return value
    }

    func commit(at place: String = #function) throws(PostgresError) {
        let answer: String
        do throws(PostgresError) {
            answer = try command("COMMIT", at: place)
        } catch {
            throw error.isBroken ? PostgresError(.outcomeUnknown, at: place) : error
        }
        // A transaction in which a statement failed is rolled back by it.
        guard answer == "COMMIT" else { throw PostgresError(.answer, at: place) }
    }

    /// A connection that cannot even do this is not used again.
    func rollback() {
        if isBroken || !isInTransaction { return }
        do throws(PostgresError) { try command("ROLLBACK", at: #function) } catch { markBroken() }
    }
}
