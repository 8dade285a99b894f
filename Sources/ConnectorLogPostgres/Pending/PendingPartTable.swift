import ConnectorLogCore

/// Tables `pending_part` and `pending_event`.
struct PendingPartTable {
    /// An event is not taken again within a day of its first time.
    static let eventLife: Int64 = 86_400_000_000
    /// Events that are known again, the latest: some 100 bytes each.
    static let mostEvents: Int64 = 5_000_000
    /// Events that are forgotten in one transaction.
    static let mostForgotten: Int64 = 10_000

    let connection: PostgresConnection

    // MARK: - Changes

    /// Stores parts whose event is new, within a commit's transaction.
    func write(_ parts: [PendingPart], releasing numbers: [Int64], at now: Timestamp) throws {
        if parts.isEmpty, numbers.isEmpty { return }
        // One commit after the other: numbers rise in their order, and none waits for one that waits for it.
        try connection.take(AdvisoryLock.pendingParts)
        try insert(parts, at: now)
        if numbers.isEmpty { return }
        try connection.execute("DELETE FROM pending_part WHERE number = ANY ($1)", [.integers(numbers)])
    }

    private func insert(_ parts: [PendingPart], at now: Timestamp) throws {
        var seen: Set<[UInt8]> = []
        let first = parts.filter { seen.insert($0.key.event).inserted }
        if first.isEmpty { return }
        let new = Set(
            try connection.query(
                """
                INSERT INTO pending_event (event, told_at)
                SELECT event, $2 FROM unnest($1) AS given (event) ORDER BY event
                ON CONFLICT (event) DO UPDATE SET told_at = excluded.told_at
                WHERE pending_event.told_at < excluded.told_at - \(Self.eventLife) RETURNING event
                """, [.byteStrings(first.map(\.key.event)), .integer(now.microseconds)]
            ) { try $0.bytes(0) })
        let stored = first.filter { new.contains($0.key.event) }
        if stored.isEmpty { return }
        try connection.execute(
            """
            INSERT INTO pending_part (team_id, call, kind, arrived_at, bytes, entry)
            SELECT team_id, call, kind, arrived_at, length(entry), entry
            FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS given (team_id, call, kind, arrived_at, entry, place)
            ORDER BY place
            """,
            [
                .integers(stored.map(\.key.teamID)), .byteStrings(stored.map(\.key.call)),
                .integers(stored.map { Int64($0.key.kind.rawValue) }),
                .integers(stored.map(\.arrivedAt.microseconds)), .byteStrings(stored.map(\.entry.bytes)),
            ])
    }

    /// Forgets events from before `time`, and the earliest of too many, some at a time.
    /// - Returns: how many were: more are left when it is `mostForgotten`.
    func forgetEvents(before time: Timestamp) throws -> Int {
        let tooOld = try connection.first(
            """
            SELECT told_at FROM pending_event ORDER BY told_at DESC OFFSET $1 LIMIT 1
            """, [.integer(Self.mostEvents)]
        ) { try $0.integer(0) }
        return try connection.execute(
            """
            DELETE FROM pending_event WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM pending_event WHERE told_at < greatest($1, $2 + 1) ORDER BY told_at
                LIMIT \(Self.mostForgotten) FOR UPDATE))
            """, [.integer(time.microseconds), .integer(tooOld)])
    }

    // MARK: - Queries

    func counts(team: Int64?) throws -> PendingCounts {
        let counts = try connection.first(
            "SELECT count(*), coalesce(sum(bytes), 0)::int8 FROM pending_part WHERE $1::int8 IS NULL OR team_id = $1",
            [.integer(team)]
        ) { PendingCounts(parts: Int(try $0.integer(0)), bytes: Int(try $0.integer(1))) }
        return counts ?? PendingCounts(parts: 0, bytes: 0)
    }

    /// Kinds: 1 is a request, all others are answers.
    func calls(arrivedBefore time: Timestamp, limit: Int, bytes: Int) throws -> [[StoredPendingPart]] {
        var calls: [(first: Int64, parts: [StoredPendingPart])] = []
        _ = try connection.query(
            """
            WITH ready AS (
                SELECT team_id, call, min(number) AS first, sum(bytes) AS bytes FROM pending_part GROUP BY team_id, call
                HAVING min(kind) = 1 AND max(kind) > 1 OR min(arrived_at) < $1 ORDER BY first LIMIT $2
            ), summed AS (
                SELECT team_id, call, first, sum(bytes) OVER (ORDER BY first) - bytes AS before FROM ready
            )
            SELECT first, number, team_id, call, kind, arrived_at, entry
            FROM summed JOIN pending_part USING (team_id, call) WHERE before < $3 ORDER BY first, number
            """, [.integer(time.microseconds), .integer(Int64(limit)), .integer(Int64(bytes))]
        ) { row in
            let first = try row.integer(0)
            if calls.last?.first != first { calls.append((first, [])) }
            calls[calls.count - 1].parts.append(try Self.part(row))
        }
        return calls.map(\.parts)
    }

    private static func part(_ row: PostgresRow) throws -> StoredPendingPart {
        let kind = UInt8(exactly: try row.integer(4)).flatMap(PendingPart.Kind.init(rawValue:))
        return StoredPendingPart(
            number: try row.integer(1), teamID: try row.integer(2), call: try row.bytes(3), kind: kind ?? .request,
            arrivedAt: try row.time(5), entry: kind == nil ? nil : PackedEntry(bytes: try row.bytes(6)))
    }
}
