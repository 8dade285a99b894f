import ConnectorLogCore

/// Numbers of commits in tables `commit_clock` and `open_commit`. Each change here is a transaction of its own, by a
/// connection that no commit holds.
struct CommitNumbers: Sendable {
    struct Drawn: Sendable {
        var number: UInt64
        var firstID: EntryID
    }

    let pool: PostgresPool

    /// The number is open, for all to see, when this returns.
    func draw(at time: Timestamp) async throws(StoreError) -> Drawn {
        let random = UInt64.random(in: 0...0x3FF_FFFF_FFFF)
        return try await pool.write { connection in
            let drawn = try connection.first(
                """
                WITH clock AS (
                    UPDATE commit_clock SET last = last + 1, milliseconds = greatest($1, milliseconds + 1)
                    RETURNING last, milliseconds
                ), opened AS (
                    INSERT INTO open_commit (number, opened_at, begun_at)
                    SELECT last, (extract(epoch FROM clock_timestamp()) * 1000000)::int8, $2 FROM clock
                )
                SELECT last, milliseconds FROM clock
                """, [.integer(max(0, time.microseconds) / 1000), .integer(time.microseconds)]
            ) { (number: try $0.integer(0), milliseconds: try $0.integer(1)) }
            guard let drawn, drawn.number > 0, drawn.milliseconds >= 0, drawn.milliseconds < 1 << 48 else {
                throw PostgresError(.answer, at: "draw(at:)")
            }
            return Drawn(
                number: UInt64(drawn.number),
                firstID: EntryID(milliseconds: UInt64(drawn.milliseconds), counter: 0, random: random))
        }
    }

    /// What has become of a commit.
    enum Outcome: Sendable {
        case committed, abandoned
    }

    /// Marks a commit as abandoned, unless it is committed. A transaction that is still about to commit it is waited
    /// for.
    func abandon(_ number: UInt64, at time: Timestamp) async throws(StoreError) -> Outcome {
        let number = Int64(clamping: number)
        return try await pool.write { connection in
            try connection.execute(
                "UPDATE open_commit SET is_abandoned = true, abandoned_at = $2 WHERE number = $1 AND NOT is_abandoned",
                [.integer(number), .integer(time.microseconds)])
            let isThere = try connection.first(
                "SELECT EXISTS (SELECT 1 FROM open_commit WHERE number = $1)", [.integer(number)]
            ) { try $0.boolean(0) }
            return isThere ?? false ? .abandoned : .committed
        }
    }

    /// Marks those as abandoned whose transaction is gone.
    /// - Parameter grace: microseconds in which a server may have its number and not yet the lock that says that it
    ///   lives.
    func abandonOrphans(grace: Int64, at time: Timestamp) async throws(StoreError) {
        try await pool.write { connection in
            let open = try connection.query(
                """
                SELECT number FROM open_commit WHERE NOT is_abandoned
                    AND opened_at < (extract(epoch FROM clock_timestamp()) * 1000000)::int8 - $1 ORDER BY number
                """, [.integer(grace)]
            ) { try $0.integer(0) }
            for number in open {
                let isGone = try connection.first(
                    "SELECT pg_try_advisory_xact_lock($1)",
                    [.integer(AdvisoryLock.commit(UInt64(clamping: number)))]
                ) { try $0.boolean(0) }
                guard isGone ?? false else { continue }
                try connection.execute(
                    """
                    UPDATE open_commit SET is_abandoned = true, abandoned_at = $2
                    WHERE number = $1 AND NOT is_abandoned
                    """, [.integer(number), .integer(time.microseconds)])
            }
        }
    }
}
