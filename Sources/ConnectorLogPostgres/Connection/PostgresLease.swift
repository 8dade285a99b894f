import ConnectorLogCore
import Synchronization

/// A connection that one task has for longer than a transaction's one step. It goes back with `end`; without, its
/// connection is closed, and with it the transaction is undone.
final class PostgresLease: Sendable {
    private let pool: PostgresPool
    private let connection: Mutex<PostgresConnection?>

    init(_ connection: PostgresConnection, of pool: PostgresPool) {
        self.pool = pool
        self.connection = Mutex(connection)
    }

    deinit {
        guard let connection = connection.withLock({ $0 }) else { return }
        connection.close()
        pool.end(connection)
    }

    /// One call at a time.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async -> Result<Value, any Error> {
        guard let connection = connection.withLock({ $0 }) else {
            return .failure(StoreError(.failed, "the transaction has ended"))
        }
        return await pool.run { try body(connection) }
    }

    /// - Parameter isKept: whether others may use the connection.
    func end(isKept: Bool = true) {
        let taken = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        guard let taken else { return }
        if !isKept { taken.close() }
        pool.end(taken)
    }
}
