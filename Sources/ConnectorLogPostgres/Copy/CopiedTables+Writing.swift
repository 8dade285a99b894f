import ConnectorLogCore

extension CopiedTables {
    /// Rows of kinds that lie here.
    static func insert(_ rows: CopiedRows, _ connection: PostgresConnection) throws {
        switch rows {
        case .teams(let rows): try insert(rows, connection)
        case .keys(let rows): try insert(rows, connection)
        case .connectors(let rows): try insert(rows, connection)
        case .secrets(let rows): try insert(rows, connection)
        case .sealedKeys(let rows):
            for key in rows {
                try connection.execute(
                    "INSERT INTO sealed_key (name, sealed) VALUES ($1, $2)", [.text(key.name), .bytes(key.sealed)])
            }
        case .rules(let rows):
            for rules in rows {
                try connection.execute(
                    "INSERT INTO redaction_rules (team_id, rules, updated_at) VALUES ($1, $2, $3)",
                    [.integer(rules.teamID), .text(rules.json), .integer(rules.updatedAt.microseconds)])
            }
        case .audit(let rows): try insert(rows, connection)
        case .erasures(let rows): try insert(rows, connection)
        case .answers(let rows): try insert(rows, connection)
        case .events(let rows): try insert(rows, connection)
        case .parts(let rows): try insert(rows, connection)
        case .states(let rows): try insert(rows, connection)
        case .numbers(let numbers): try raise(numbers, connection)
        case .faults, .entries: throw StoreError(.failed, "PostgreSQL holds neither entries nor faults")
        }
    }

    private static func insert(_ rows: [CopiedTeam], _ connection: PostgresConnection) throws {
        for copied in rows {
            try connection.execute(
                """
                INSERT INTO team (id, name, created_at, is_deleted, has_retention, entry_days, detail_days)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    .integer(copied.team.id), .text(copied.team.name), .integer(copied.team.createdAt.microseconds),
                    .boolean(copied.isDeleted), .boolean(copied.retention != nil),
                    .integer(copied.retention?.entryDays.map(Int64.init)),
                    .integer(copied.retention?.detailDays.map(Int64.init)),
                ])
        }
    }

    private static func insert(_ rows: [CopiedKey], _ connection: PostgresConnection) throws {
        for copied in rows {
            let key = copied.key
            try connection.execute(
                """
                INSERT INTO api_key (id, team_id, name, role, prefix, hash, created_at, last_used_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                [
                    .text(key.id), .integer(key.teamID), .text(key.name), .text(key.role.rawValue), .text(key.prefix),
                    .bytes(copied.hash), .integer(key.createdAt.microseconds), .integer(key.lastUsedAt?.microseconds),
                    .integer(key.expiresAt?.microseconds),
                ])
        }
    }

    private static func insert(_ rows: [CopiedConnector], _ connection: PostgresConnection) throws {
        for copied in rows {
            try connection.execute(
                """
                INSERT INTO connector (\(ConnectorColumns.names), logo_type, logo, is_deleted)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """,
                ConnectorColumns.values(copied.connector) + [
                    .text(copied.logo?.mediaType), .bytes(copied.logo?.bytes), .boolean(copied.isDeleted),
                ])
        }
    }

    private static func insert(_ rows: [SecretRecord], _ connection: PostgresConnection) throws {
        for secret in rows {
            try connection.execute(
                "INSERT INTO secret (\(PostgresCatalog.secretColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                [
                    .text(secret.placeholder), .integer(secret.teamID),
                    .text(secret.connectorIdentifier ?? wholeTeam), .text(secret.name),
                    .boolean(secret.ignoresCase), .bytes(secret.sealedValue), .integer(secret.createdAt.microseconds),
                    .integer(secret.updatedAt.microseconds),
                ])
        }
    }

    private static func insert(_ rows: [AuditRecord], _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO audit (number, at, team_id, key_id, key_name, action, target, request_id)
            OVERRIDING SYSTEM VALUE SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .integers(rows.map(\.number)), .integers(rows.map(\.at.microseconds)),
                .integers(rows.map { $0.teamID ?? noTeam }), .texts(rows.map(\.keyID)), .texts(rows.map(\.keyName)),
                .texts(rows.map(\.action)), .texts(rows.map(\.target)), .texts(rows.map(\.requestID)),
            ])
    }

    private static func insert(_ rows: [CopiedErasure], _ connection: PostgresConnection) throws {
        for erasure in rows.map(\.erasure) {
            try connection.execute(
                """
                INSERT INTO erasure (\(ErasureTable.columns)) OVERRIDING SYSTEM VALUE
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """,
                [
                    .integer(erasure.number), .integer(erasure.teamID), .text(erasure.target.kind.rawValue),
                    .text(erasure.target.name), .text(erasure.keyID), .integer(erasure.requestedAt.microseconds),
                    .integer(erasure.completedAt?.microseconds), .integer(Int64(erasure.entries)),
                    .integer(Int64(erasure.faults)), .integer(Int64(erasure.states)),
                    .integer(Int64(erasure.unreadableBlocks)),
                ])
        }
    }

    private static func insert(_ rows: [CopiedAnswer], _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO idempotency (token, fingerprint, answer, created_at) SELECT * FROM unnest($1, $2, $3, $4)
            """,
            [
                .byteStrings(rows.map(\.answer.token)), .byteStrings(rows.map(\.answer.fingerprint)),
                .byteStrings(rows.map(\.answer.answer)), .integers(rows.map(\.createdAt.microseconds)),
            ])
    }

    private static func insert(_ rows: [CopiedEvent], _ connection: PostgresConnection) throws {
        try connection.execute(
            "INSERT INTO pending_event (event, told_at) SELECT * FROM unnest($1, $2)",
            [.byteStrings(rows.map(\.event)), .integers(rows.map(\.toldAt.microseconds))])
    }

    private static func insert(_ rows: [CopiedPart], _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO pending_part (number, team_id, call, kind, arrived_at, bytes, entry) OVERRIDING SYSTEM VALUE
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .integers(rows.map(\.number)), .integers(rows.map(\.teamID)), .byteStrings(rows.map(\.call)),
                .integers(rows.map(\.kind)), .integers(rows.map(\.arrivedAt.microseconds)),
                .integers(rows.map { Int64($0.entry.count) }), .byteStrings(rows.map(\.entry)),
            ])
    }

    private static func insert(_ rows: [CopiedState], _ connection: PostgresConnection) throws {
        let states = rows.map { state in
            var row = FlowStateRow(state.progress)
            (row.flowID, row.flowName, row.flowVersion) = (state.flowID, state.flowName, state.flowVersion)
            return (key: state.key, row: row)
        }
        try connection.execute(
            """
            INSERT INTO flow_state (\(FlowStateColumns.names))
            SELECT \(FlowStateColumns.names) FROM \(FlowStateColumns.unnested)
            """, FlowStateColumns(states).values)
    }

    /// Rows that came with their numbers have not moved these on.
    private static func raise(_ numbers: CopiedNumbers, _ connection: PostgresConnection) throws {
        for (table, number) in [
            ("audit", numbers.audit), ("erasure", numbers.erasure), ("pending_part", numbers.part),
        ] where number > 0 {
            try connection.execute("SELECT setval('\(table)_number_seq', $1)", [.integer(number)])
        }
    }
}
