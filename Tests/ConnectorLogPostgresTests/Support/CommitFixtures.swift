import ConnectorLogCore
import ConnectorLogTesting

@testable import ConnectorLogPostgres

extension CommitProposal {
    static func of(
        _ database: TestDatabase, team: Int64 = 1, tokens: [IdempotentAnswer?] = [nil], connectors: [String] = []
    ) -> CommitProposal {
        let keys = connectors.map { ConnectorKey(teamID: team, identifier: Array($0.utf8)) }
        return CommitProposal(
            answers: tokens, secretVersions: tokens.map { _ in [:] }, connectors: Set(keys), teams: [team],
            at: database.clock.now)
    }
}

extension IdempotentAnswer {
    static func of(_ token: UInt64, body: UInt64 = 1, answer: String = "first") -> IdempotentAnswer {
        IdempotentAnswer(
            token: Fixtures.digest(token), fingerprint: Fixtures.digest(1000 + body), answer: Array(answer.utf8))
    }
}

extension CommitChanges {
    /// One call of each state.
    static func calls(team: Int64, states: [String], at time: Timestamp, connector: String = "crm") -> CommitChanges {
        let entries = states.map { state in
            var entry = SampleEntry(team: team, at: time, connector: connector)
            entry.stateID = state
            return entry
        }
        var changes = CommitChanges()
        changes.states = [States(deltas: FlowStateDeltas(Fixtures.batch(entries).entries), changes: [])]
        changes.connectors = [ConnectorKey(teamID: team, identifier: Array(connector.utf8))]
        return changes
    }
}

extension ConnectorKey {
    init(_ team: Int64, _ identifier: String) { self.init(teamID: team, identifier: Array(identifier.utf8)) }
}

extension Result where Success == AppendResult, Failure == StoreError {
    /// In words that can be compared.
    var name: String {
        switch self {
        case .success(.stored): "stored"
        case .success(.replayed(let answer)): "replayed " + String(decoding: answer, as: UTF8.self)
        case .failure(let error): error.code.rawValue
        }
    }
}

extension TestDatabase {
    /// Whether a transaction of this database waits for another.
    func hasWaiting() throws -> Bool {
        try integer(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
    }

    /// Whatever strikes a commit off the open ones does this at its COMMIT.
    func atCommit(_ statement: String) throws {
        try execute(
            """
            CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(statement); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER at_commit AFTER DELETE ON open_commit DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION at_commit()
            """)
    }

    /// Whether a COMMIT is under way that sleeps.
    func isCommitting() throws -> Bool {
        try integer(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query = 'COMMIT' AND wait_event = 'PgSleep'
            """) > 0
    }
}
