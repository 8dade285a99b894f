import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

/// Nothing waits for ever, and nothing is told that is nobody's business.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct LimitTests {
    private func pool(
        _ database: TestDatabase, connections: Int = 2, _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) throws -> PostgresPool {
        PostgresPool(try database.configuration(change), connections: connections)
    }

    @Test func statementsAreStopped() async throws {
        try await TestDatabase.with { database in
            let pool = try pool(database, connections: 1) { $0.statementTimeout = 200 }
            defer { pool.close() }
            let code = await StoreError.code { _ = try await pool.read { try $0.execute("SELECT pg_sleep(60)") } }
            #expect(code == .overloaded)
            #expect(try await pool.read { try $0.first("SELECT 7::int8") { try $0.integer(0) } } == 7)
        }
    }

    /// The server itself does not stop it: as one that hangs.
    @Test func answersThatDoNotComeAreNotWaitedFor() async throws {
        try await TestDatabase.with { database in
            let pool = try pool(database) {
                ($0.statementTimeout, $0.answerGrace) = (0, 300)
            }
            defer { pool.close() }
            let start = ContinuousClock.now
            let code = await StoreError.code { _ = try await pool.read { try $0.execute("SELECT pg_sleep(60)") } }
            #expect(code == .overloaded)
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test func connectionsAreWaitedForSoLong() async throws {
        try await TestDatabase.with { database in
            let pool = try pool(database) { $0.longestWait = .milliseconds(200) }
            defer { pool.close() }
            let leases = try await [pool.lease { _ in }.0, pool.lease { _ in }.0]
            #expect(await StoreError.code { _ = try await pool.read { _ in } } == .overloaded)
            leases[0].end()
            try await pool.read { _ in }
            leases[1].end(isKept: false)
            _ = try await [pool.lease { _ in }.0, pool.lease { _ in }.0]
        }
    }

    @Test func commitsLeaveConnectionsForQuestions() async throws {
        try await TestDatabase.with { database in
            let store = try await database.open {
                ($0.connections, $0.longestWait) = (4, .milliseconds(200))
            }
            let commits = try await [store.ledger.begin(.of(database)), store.ledger.begin(.of(database))]
            #expect(await StoreError.code { _ = try await store.ledger.begin(.of(database)) } == .overloaded)
            #expect(try await store.ledger.snapshot().hidden == [1, 2])
            for commit in commits { try await commit.finish(CommitChanges()) }
            try await store.ledger.begin(.of(database)).finish(CommitChanges())
            await store.close()
            #expect(await StoreError.code { _ = try await store.ledger.snapshot() } == .closed)
        }
    }

    @Test func refusalsSayNoSecret() async throws {
        try await TestDatabase.with { database in
            func failure(_ url: String) async throws -> StoreError {
                let configuration = PostgresConfiguration(address: try #require(PostgresAddress(url)))
                let pool = PostgresPool(configuration, connections: 1)
                defer { pool.close() }
                do {
                    try await pool.read { _ in }
                } catch {
                    return error
                }
                throw StoreError(.conflict, "a connection is made")
            }
            let wrong = try await failure(database.server.url(database.name, password: "hunter2"))
            #expect(wrong.code == .failed)
            let missing = try await failure(database.server.url("none"))
            #expect(missing.code == .failed)
            let nobody = try await failure("postgres://postgres:hunter2@127.0.0.1:1/log")
            #expect(nobody.code == .overloaded)
            // An at sign that was not escaped: the password's rest is taken for a host.
            let torn = try await failure("postgres://postgres:hunter1@hunter2@127.0.0.1:1/log?connect_timeout=2")
            #expect(torn.code == .overloaded)
            try database.execute("CREATE ROLE few_\(database.name) LOGIN CONNECTION LIMIT 0")
            let few = try await failure(
                database.server.url(database.name).replacing("postgres@", with: "few_\(database.name)@"))
            #expect(few.code == .overloaded)
            try database.execute("DROP ROLE few_\(database.name)")
            for error in [wrong, missing, nobody, torn, few] {
                #expect(!"\(error) \(String(reflecting: error))".contains("hunter"))
            }
            let pool = try pool(database)
            defer { pool.close() }
            // PostgreSQL quotes the value in what it says.
            do throws(StoreError) {
                _ = try await pool.read { connection in
                    try connection.execute("SELECT convert_from($1, 'UTF8')::int8", [.text("hunter2")])
                }
                Issue.record("a text passes for a number")
            } catch {
                #expect(error.code == .failed && "\(error)".contains("22P02"))
                #expect(!"\(error) \(String(reflecting: error))".contains("hunter"))
            }
            #expect(!String(reflecting: try database.configuration()).contains(database.server.url("")))
        }
    }

    @Test(arguments: [
        ("23505", StoreError.Code.conflict), ("53100", .full), ("53300", .overloaded), ("57014", .overloaded),
        ("55P03", .overloaded), ("40P01", .overloaded), ("57P01", .overloaded), ("42P01", .missing), ("42601", .failed),
    ])
    func statesHaveCodes(_ state: String, _ code: StoreError.Code) {
        let error = PostgresError(.refused(state: state, constraint: nil), at: "here")
        #expect(StoreError(postgres: error).code == code)
        #expect("\(StoreError(postgres: error))".contains("here: PostgreSQL says SQLSTATE \(state)"))
    }
}
