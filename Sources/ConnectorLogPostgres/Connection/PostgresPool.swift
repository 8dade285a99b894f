import ConnectorLogCore
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Connections that many tasks share, each for one transaction at a time.
///
/// A connection that broke is thrown away. A question is then asked again on a new one, once; so is a change that was
/// not to be committed yet: nothing of it is done. A change whose commit has no answer is not tried again.
final class PostgresPool: Sendable {
    /// Connections beside those of commits, for what has to be written whatever commits hold: a commit draws its number
    /// by one of these while it holds another.
    static let reserve = 2
    /// Tries of a change that other transactions stood in the way of.
    private static let tries = 5
    private static let maximumWaiting = 10_000

    private struct State {
        var idle: [PostgresConnection] = []
        var isClosed = false
    }

    let configuration: PostgresConfiguration
    private let slots: AsyncSlots
    private let threads: BlockingThreads
    private let state = Mutex(State())

    init(_ configuration: PostgresConfiguration, connections: Int) {
        self.configuration = configuration
        slots = AsyncSlots(count: connections, maximumWaiting: Self.maximumWaiting)
        threads = BlockingThreads(maximum: connections)
    }

    /// Those in use are closed when they come back.
    func close() {
        state.withLock { $0.isClosed = true }
        closeIdle()
        threads.stop()
    }

    // MARK: - One transaction

    /// - Parameter body: may run twice.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await withSlot { [self] in
            do {
                return try once(body)
            } catch let error as PostgresError where error.isBroken {
                closeIdle()
                return try once(body)
            }
        }
    }

    /// Runs `body` in a transaction, which is durable when this returns.
    /// - Parameter body: may run several times.
    func write<Value: Sendable>(
        at place: String = #function, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await withSlot { [self] in
            var (failures, breaks) = (0, 0)
            while true {
                do {
                    return try once { try $0.transaction(at: place, body) }
                } catch let error as PostgresError where error.isSerialization && failures < Self.tries - 1 {
                    failures += 1
                    // Not all at the same time again.
                    usleep(UInt32.random(in: 0..<UInt32(failures) * 20_000))
                } catch let error as PostgresError where error.isBroken && breaks == 0 {
                    breaks += 1
                    closeIdle()
                }
            }
        }
    }

    private func withSlot<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(StoreError) -> Value {
        try await wait(for: slots)
        let result = await threads.run(body)
        slots.release()
        do { return try result.get() } catch { throw StoreError(postgres: error) }
    }

    private func once<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let connection = try take()
        defer { giveBack(connection) }
        return try body(connection)
    }

    // MARK: - A connection for longer

    /// A connection of one's own, and what `body` made of it.
    /// - Parameter body: begins a transaction; may run several times, each on a connection without one.
    func lease<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> (PostgresLease, Value) {
        try await wait(for: slots)
        let result = await threads.run { [self] in
            var failures = 0
            while true {
                let connection = try take()
                do {
                    return (connection, try body(connection))
                } catch {
                    connection.rollback()
                    giveBack(connection)
                    guard let error = error as? PostgresError, error.isBroken || error.isSerialization,
                        failures < Self.tries - 1
                    else { throw error }
                    failures += error.isBroken ? Self.tries - 1 : 1
                    if error.isBroken { closeIdle() }
                }
            }
        }
        switch result {
        case .success((let connection, let value)): return (PostgresLease(connection, of: self), value)
        case .failure(let error):
            slots.release()
            throw StoreError(postgres: error)
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async -> Result<Value, any Error> {
        await threads.run(body)
    }

    /// Takes a leased connection back.
    func end(_ connection: PostgresConnection) {
        giveBack(connection)
        slots.release()
    }

    // MARK: - Connections

    /// Waits as long as the configuration says. Whether the task is cancelled does not matter: what it has begun has to
    /// be ended.
    func wait(for slots: AsyncSlots) async throws(StoreError) {
        if slots.acquireIfFree() { return }
        let waiting = Task { try await slots.acquire() }
        let timer = Task { [limit = configuration.longestWait] in
            try await Task.sleep(for: limit)
            waiting.cancel()
        }
        let result = await waiting.result
        timer.cancel()
        guard case .success = result else {
            throw StoreError(.overloaded, "all connections to PostgreSQL are in use")
        }
    }

    private func take() throws -> PostgresConnection {
        let idle = try state.withLock { state in
            if state.isClosed { throw StoreError(.closed, "the store is closed") }
            return state.idle.popLast()
        }
        return try idle ?? PostgresConnection.open(configuration, at: "connecting")
    }

    private func giveBack(_ connection: PostgresConnection) {
        let isOfUse = !connection.isBroken && !connection.isInTransaction
        let isKept = state.withLock { state in
            if isOfUse, !state.isClosed { state.idle.append(connection) }
            return isOfUse && !state.isClosed
        }
        if !isKept { connection.close() }
    }

    /// When one connection broke, the others that lay idle most likely are broken, too.
    private func closeIdle() {
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for connection in idle { connection.close() }
    }
}
