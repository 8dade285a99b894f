import ConnectorLogCore

/// What a commit's transaction takes hold of before the commit has a number: tokens, then connectors, each in one order
/// for all commits, so that none waits for one that waits for it.
struct CommitAdmission: Sendable {
    private(set) var results: [Result<AppendResult, StoreError>] = []
    private(set) var teams: Set<Int64> = []
    private(set) var times: [ConnectorKey: ConnectorTimes] = [:]

    /// Begins the transaction.
    init(_ proposal: CommitProposal, _ connection: PostgresConnection) throws {
        // Nearly always all connectors are known. Where one is new it begins again: what is inserted comes before what is
        // locked, or two commits might wait for each other.
        for insertsConnectors in [false, true] {
            try connection.command("BEGIN", at: "begin(_:)")
            let versions = try Self.secretVersions(proposal.teams, connection)
            teams = Set(versions.keys)
            results = try Self.admit(proposal, versions, connection)
            let held = proposal.connectors.filter { teams.contains($0.teamID) }
            if insertsConnectors { try Self.insert(held, connection) }
            times = try Self.lock(held, connection)
            if times.count == held.count { break }
            if insertsConnectors { throw PostgresError(.answer, at: "begin(_:)") }
            try connection.command("ROLLBACK", at: "begin(_:)")
        }
        // Those of teams that there are not are held by nobody.
        for key in proposal.connectors where times[key] == nil {
            times[key] = ConnectorTimes(latest: nil, lastCommit: 0)
        }
    }

    // MARK: - Teams

    /// How often the secrets and rules of each have changed; of those that there are.
    private static func secretVersions(
        _ teams: Set<Int64>, _ connection: PostgresConnection
    ) throws -> [Int64: Int64] {
        let rows = try connection.query(
            """
            SELECT id, coalesce(version, 0) FROM team LEFT JOIN secret_version ON team_id = id
            WHERE id = ANY ($1) AND NOT is_deleted
            """, [.integers(Array(teams))]
        ) { (try $0.integer(0), try $0.integer(1)) }
        return Dictionary(rows) { first, _ in first }
    }

    private static let outdated = StoreError(
        .overloaded, "secrets have changed since the batch was redacted: it has to be sent again")

    // MARK: - Tokens

    /// A token that was there before, and is gone when it is looked for: it was forgotten in between.
    private static let rounds = 5

    private static func admit(
        _ proposal: CommitProposal, _ versions: [Int64: Int64], _ connection: PostgresConnection
    ) throws -> [Result<AppendResult, StoreError>] {
        let isOutdated = proposal.secretVersions.map { $0.contains { versions[$0.key, default: 0] > $0.value } }
        // What is refused leaves no token behind.
        let answers = zip(proposal.answers, isOutdated).map { $1 ? nil : $0 }
        // Of batches of one token the first may be stored.
        var wanted: [[UInt8]: IdempotentAnswer] = [:]
        for case let answer? in answers where wanted[answer.token] == nil { wanted[answer.token] = answer }
        var stored: Set<[UInt8]> = []
        var known: [[UInt8]: IdempotentAnswer] = [:]
        var left = Array(wanted.values)
        var round = 0
        while !left.isEmpty {
            round += 1
            guard round <= rounds else { throw StoreError(.overloaded, "idempotency tokens come and go") }
            stored.formUnion(try take(left, at: proposal.at, connection))
            left.removeAll { stored.contains($0.token) }
            for answer in try storedAnswers(left.map(\.token), connection) { known[answer.token] = answer }
            left.removeAll { known[$0.token] != nil }
        }
        return zip(answers, isOutdated).map { answer, isOutdated in
            if isOutdated { return .failure(outdated) }
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

    private static func storedAnswers(_ tokens: [[UInt8]], _ connection: PostgresConnection) throws
        -> [IdempotentAnswer]
    {
        if tokens.isEmpty { return [] }
        return try connection.query(
            "SELECT token, fingerprint, answer FROM idempotency WHERE token = ANY ($1)", [.byteStrings(tokens)]
        ) { IdempotentAnswer(token: try $0.bytes(0), fingerprint: try $0.bytes(1), answer: try $0.bytes(2)) }
    }

    // MARK: - Connectors

    private static func keys(_ connectors: Set<ConnectorKey>) -> [PostgresValue] {
        [.integers(connectors.map(\.teamID)), .byteStrings(connectors.map(\.identifier))]
    }

    private static func insert(_ connectors: Set<ConnectorKey>, _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO connector_times (team_id, identifier, entries)
            SELECT team_id, identifier, 0 FROM unnest($1, $2) AS given (team_id, identifier)
            ORDER BY team_id, identifier ON CONFLICT (team_id, identifier) DO NOTHING
            """, keys(connectors))
    }

    /// Waits for commits that have one of these. Returns those that there are.
    private static func lock(
        _ connectors: Set<ConnectorKey>, _ connection: PostgresConnection
    ) throws -> [ConnectorKey: ConnectorTimes] {
        if connectors.isEmpty { return [:] }
        let rows = try connection.query(
            """
            SELECT team_id, identifier, latest, last_commit FROM connector_times
            WHERE (team_id, identifier) IN (SELECT * FROM unnest($1, $2)) ORDER BY team_id, identifier
            FOR NO KEY UPDATE
            """, keys(connectors)
        ) { row in
            let key = ConnectorKey(teamID: try row.integer(0), identifier: try row.bytes(1))
            let known = ConnectorTimes(
                latest: try row.integerIfAny(2), lastCommit: UInt64(clamping: try row.integer(3)))
            return (key, known)
        }
        return Dictionary(rows) { first, _ in first }
    }
}
