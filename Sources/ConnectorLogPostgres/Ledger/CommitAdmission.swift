import ConnectorLogCore

/// What a commit's transaction takes hold of before the commit has a number: tokens, then connectors, each in one order
/// for all commits, so that none waits for one that waits for it.
struct CommitAdmission: Sendable {
    private(set) var results: [Result<AppendResult, StoreError>] = []
    private(set) var teams: Set<Int64> = []
    private(set) var times: [ConnectorKey: ConnectorTimes] = [:]

    /// Begins the transaction.
    init(_ proposal: CommitProposal, _ connection: PostgresConnection) throws {
        try connection.command("BEGIN", at: "begin(_:)")
        results = try Self.admit(proposal, connection)
        teams = Set(
            try connection.query(
                "SELECT id FROM team WHERE id = ANY ($1) AND NOT is_deleted", [.integers(Array(proposal.teams))]
            ) { try $0.integer(0) })
        times = try Self.hold(proposal.connectors, of: teams, connection)
    }

    // MARK: - Tokens

    /// A token that was there before, and is gone when it is looked for: it was forgotten in between.
    private static let rounds = 5

    private static func admit(
        _ proposal: CommitProposal, _ connection: PostgresConnection
    ) throws -> [Result<AppendResult, StoreError>] {
        // Of batches of one token the first may be stored.
        var wanted: [[UInt8]: IdempotentAnswer] = [:]
        for case let answer? in proposal.answers where wanted[answer.token] == nil { wanted[answer.token] = answer }
        var stored: Set<[UInt8]> = []
        var known: [[UInt8]: IdempotentAnswer] = [:]
        var left = Array(wanted.values)
        var round = 0
        while !left.isEmpty {
            round += 1
            guard round <= rounds else { throw StoreError(.overloaded, "idempotency tokens come and go") }
            stored.formUnion(try take(left, at: proposal.at, connection))
            left.removeAll { stored.contains($0.token) }
            for answer in try answers(left.map(\.token), connection) { known[answer.token] = answer }
            left.removeAll { known[$0.token] != nil }
        }
        return proposal.answers.map { answer in
            guard let answer else { return .success(.stored) }
            // The first batch of the token stands; of others it is the answer.
            if stored.remove(answer.token) != nil { return .success(.stored) }
            let first = known[answer.token] ?? wanted[answer.token] ?? answer
            return first.fingerprint == answer.fingerprint
                ? .success(.replayed(answer: first.answer))
                : .failure(StoreError(.idempotencyMismatch, "the idempotency key was used with another body"))
        }
    }

    /// Waits for commits that have one of these.
    /// - Returns: those that nobody had.
    private static func take(
        _ answers: [IdempotentAnswer], at time: Timestamp, _ connection: PostgresConnection
    ) throws -> [[UInt8]] {
        if answers.isEmpty { return [] }
        return try connection.query(
            """
            INSERT INTO idempotency (token, fingerprint, answer, created_at)
            SELECT token, fingerprint, answer, $4 FROM unnest($1, $2, $3) AS given (token, fingerprint, answer)
            ORDER BY token ON CONFLICT (token) DO NOTHING RETURNING token
            """,
            [
                .byteStrings(answers.map(\.token)), .byteStrings(answers.map(\.fingerprint)),
                .byteStrings(answers.map(\.answer)), .integer(time.microseconds),
            ]
        ) { try $0.bytes(0) }
    }

    private static func answers(_ tokens: [[UInt8]], _ connection: PostgresConnection) throws -> [IdempotentAnswer] {
        if tokens.isEmpty { return [] }
        return try connection.query(
            "SELECT token, fingerprint, answer FROM idempotency WHERE token = ANY ($1)", [.byteStrings(tokens)]
        ) { IdempotentAnswer(token: try $0.bytes(0), fingerprint: try $0.bytes(1), answer: try $0.bytes(2)) }
    }

    // MARK: - Connectors

    /// Waits for commits that have one of these. Those of teams that there are not are held by nobody.
    private static func hold(
        _ connectors: Set<ConnectorKey>, of teams: Set<Int64>, _ connection: PostgresConnection
    ) throws -> [ConnectorKey: ConnectorTimes] {
        var times: [ConnectorKey: ConnectorTimes] = [:]
        for key in connectors { times[key] = ConnectorTimes(latest: nil, lastCommit: 0) }
        let held = connectors.filter { teams.contains($0.teamID) }
        if held.isEmpty { return times }
        let keys: [PostgresValue] = [.integers(held.map(\.teamID)), .byteStrings(held.map(\.identifier))]
        try connection.execute(
            """
            INSERT INTO connector_times (team_id, identifier)
            SELECT team_id, identifier FROM unnest($1, $2) AS given (team_id, identifier)
            ORDER BY team_id, identifier ON CONFLICT (team_id, identifier) DO NOTHING
            """, keys)
        let rows = try connection.query(
            """
            SELECT team_id, identifier, latest, last_commit FROM connector_times
            WHERE (team_id, identifier) IN (SELECT * FROM unnest($1, $2)) ORDER BY team_id, identifier
            FOR NO KEY UPDATE
            """, keys
        ) { row in
            let key = ConnectorKey(teamID: try row.integer(0), identifier: try row.bytes(1))
            let known = ConnectorTimes(
                latest: try row.integerIfAny(2), lastCommit: UInt64(clamping: try row.integer(3)))
            return (key, known)
        }
        guard rows.count == held.count else { throw PostgresError(.answer, at: "begin(_:)") }
        for (key, known) in rows { times[key] = known }
        return times
    }
}
