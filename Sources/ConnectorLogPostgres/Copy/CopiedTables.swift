import ConnectorLogCore

/// Rows of the catalog's tables for a copy, each kind in the order of its key.
enum CopiedTables {
    private static let rowsOfChunk: Int64 = 2000
    /// Each may have a logo, a large configuration, or a body.
    private static let largeRowsOfChunk: Int64 = 100
    /// What stands for a team's own secrets in the column `connector`.
    static let wholeTeam = ""
    /// What stands for no team in the column `team_id` of audit records.
    static let noTeam: Int64 = 0

    /// Nil for kinds that lie elsewhere, too.
    static func chunk(
        _ kind: CopyKind, after place: CopyPlace?, _ connection: PostgresConnection
    ) throws -> CopyChunk? {
        switch kind {
        case .teams: try teams(after: place, connection)
        case .keys: try keys(after: place, connection)
        case .connectors: try connectors(after: place, connection)
        case .secrets: try secrets(after: place, connection)
        case .sealedKeys: try sealedKeys(after: place, connection)
        case .rules: try rules(after: place, connection)
        case .audit: try audit(after: place, connection)
        case .erasures: try erasures(after: place, connection)
        case .answers: try answers(after: place, connection)
        case .events: try events(after: place, connection)
        case .parts: try parts(after: place, connection)
        case .states: try states(after: place, connection)
        case .numbers: try numbers(after: place, connection)
        case .faults, .entries: nil
        }
    }

    private static func number(_ place: CopyPlace?) throws -> PostgresValue {
        .integer(try place?.parts(numbers: 1).numbers[0] ?? 0)
    }

    private static func text(_ place: CopyPlace?) throws -> PostgresValue {
        .bytes(try place?.parts(numbers: 0).text ?? [])
    }

    // MARK: - The catalog

    private static func teams(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT entry_days, detail_days, has_retention, id, name, created_at, is_deleted FROM team WHERE id > $1
            ORDER BY id LIMIT \(rowsOfChunk)
            """, [number(place)]
        ) { row in
            CopiedTeam(
                Team(id: try row.integer(3), name: try row.text(4), createdAt: try row.time(5)),
                isDeleted: try row.boolean(6),
                retention: try row.boolean(2) ? try RetentionColumns.retention(row) : nil)
        }
        return rows.last.map { CopyChunk(.teams(rows), place: CopyPlace([$0.team.id])) }
    }

    private static func keys(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            "SELECT \(APIKeyColumns.names), hash FROM api_key WHERE id > $1 ORDER BY id LIMIT \(rowsOfChunk)",
            [text(place)]
        ) { CopiedKey(try APIKeyColumns.key($0), hash: try $0.bytes(APIKeyColumns.count)) }
        return rows.last.map { CopyChunk(.keys(rows), place: CopyPlace([], Array($0.key.id.utf8))) }
    }

    private static func connectors(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let (numbers, text) = try place?.parts(numbers: 1) ?? ([0], [])
        let rows = try connection.query(
            """
            SELECT \(ConnectorColumns.names), logo_type, logo, is_deleted FROM connector
            WHERE (team_id, identifier) > ($1, $2) ORDER BY team_id, identifier LIMIT \(largeRowsOfChunk)
            """, [.integer(numbers[0]), .bytes(text)]
        ) { row in
            let type = try row.textIfAny(11)
            return CopiedConnector(
                try ConnectorColumns.connector(row),
                logo: try type.map { Logo(mediaType: $0, bytes: try row.bytesIfAny(12) ?? []) },
                isDeleted: try row.boolean(13))
        }
        return rows.last.map {
            CopyChunk(.connectors(rows), place: CopyPlace([$0.connector.teamID], Array($0.connector.identifier.utf8)))
        }
    }

    private static func secrets(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT \(PostgresCatalog.secretColumns) FROM secret WHERE placeholder > $1 ORDER BY placeholder
            LIMIT \(rowsOfChunk)
            """, [text(place)], PostgresCatalog.secret)
        return rows.last.map { CopyChunk(.secrets(rows), place: CopyPlace([], Array($0.placeholder.utf8))) }
    }

    private static func sealedKeys(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            "SELECT name, sealed FROM sealed_key WHERE name > $1 ORDER BY name LIMIT \(rowsOfChunk)", [text(place)]
        ) { CopiedSealedKey(name: try $0.text(0), sealed: try $0.bytes(1)) }
        return rows.last.map { CopyChunk(.sealedKeys(rows), place: CopyPlace([], Array($0.name.utf8))) }
    }

    private static func rules(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT team_id, rules, updated_at FROM redaction_rules WHERE team_id > $1 ORDER BY team_id
            LIMIT \(largeRowsOfChunk)
            """, [number(place)]
        ) { CopiedRules(teamID: try $0.integer(0), json: try $0.text(1), updatedAt: try $0.time(2)) }
        return rows.last.map { CopyChunk(.rules(rows), place: CopyPlace([$0.teamID])) }
    }

    private static func audit(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT number, at, team_id, key_id, key_name, action, target, request_id FROM audit WHERE number > $1
            ORDER BY number LIMIT \(rowsOfChunk)
            """, [number(place)]
        ) { row in
            let team = try row.integer(2)
            return AuditRecord(
                number: try row.integer(0), at: try row.time(1), teamID: team == noTeam ? nil : team,
                keyID: try row.text(3), keyName: try row.text(4), action: try row.text(5),
                target: try row.textIfAny(6), requestID: try row.text(7))
        }
        return rows.last.map { CopyChunk(.audit(rows), place: CopyPlace([$0.number])) }
    }

    /// Erasures under way remove all that is there when they end: no id is greater than what was given last.
    private static func erasures(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let last = try connection.first("SELECT milliseconds FROM commit_clock") { try $0.integer(0) } ?? 0
        let lastID = EntryID(
            milliseconds: UInt64(clamping: last), counter: .max, random: 0x3FF_FFFF_FFFF)
        let rows = try connection.query(
            "SELECT \(ErasureTable.columns) FROM erasure WHERE number > $1 ORDER BY number LIMIT \(rowsOfChunk)",
            [number(place)]
        ) { CopiedErasure(try ErasureTable.erasure($0), lastID: lastID) }
        return rows.last.map { CopyChunk(.erasures(rows), place: CopyPlace([$0.erasure.number])) }
    }

    // MARK: - What requests left

    private static func answers(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT token, fingerprint, answer, created_at FROM idempotency WHERE token > $1 ORDER BY token
            LIMIT \(rowsOfChunk)
            """, [text(place)]
        ) { row in
            CopiedAnswer(
                IdempotentAnswer(token: try row.bytes(0), fingerprint: try row.bytes(1), answer: try row.bytes(2)),
                createdAt: try row.time(3))
        }
        return rows.last.map { CopyChunk(.answers(rows), place: CopyPlace([], $0.answer.token)) }
    }

    private static func events(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            "SELECT event, told_at FROM pending_event WHERE event > $1 ORDER BY event LIMIT \(rowsOfChunk * 10)",
            [text(place)]
        ) { CopiedEvent(event: try $0.bytes(0), toldAt: try $0.time(1)) }
        return rows.last.map { CopyChunk(.events(rows), place: CopyPlace([], $0.event)) }
    }

    private static func parts(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let rows = try connection.query(
            """
            SELECT number, team_id, call, kind, arrived_at, entry FROM pending_part
            WHERE number > $1 AND team_id IN (SELECT id FROM team WHERE NOT is_deleted)
            ORDER BY number LIMIT \(largeRowsOfChunk)
            """, [number(place)]
        ) { row in
            CopiedPart(
                number: try row.integer(0), teamID: try row.integer(1), call: try row.bytes(2),
                kind: try row.integer(3), arrivedAt: try row.time(4), entry: try row.bytes(5))
        }
        return rows.last.map { CopyChunk(.parts(rows), place: CopyPlace([$0.number])) }
    }

    private static func states(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        let (numbers, text) = try place?.parts(numbers: 1) ?? ([0], [])
        let rows = try connection.query(
            """
            SELECT \(FlowStateColumns.names) FROM flow_state
            WHERE (team_id, state_id) > ($1, $2) AND team_id IN (SELECT id FROM team WHERE NOT is_deleted)
            ORDER BY team_id, state_id LIMIT \(rowsOfChunk * 2)
            """, [.integer(numbers[0]), .bytes(text)]
        ) { row in
            let (key, state) = try FlowStateColumns.row(row)
            return CopiedState(
                key, flowID: state.flowID, flowName: state.flowName, flowVersion: state.flowVersion,
                progress: state.progress)
        }
        return rows.last.map {
            CopyChunk(.states(rows), place: CopyPlace([$0.key.teamID], Array($0.key.stateID.utf8)))
        }
    }

    private static func numbers(after place: CopyPlace?, _ connection: PostgresConnection) throws -> CopyChunk? {
        if place != nil { return nil }
        func last(_ table: String) throws -> Int64 {
            let sql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM \(table)_number_seq"
            return try connection.first(sql) { try $0.integer(0) } ?? 0
        }
        let numbers = CopiedNumbers(
            audit: try last("audit"), erasure: try last("erasure"), part: try last("pending_part"))
        return CopyChunk(.numbers(numbers), place: CopyPlace([]))
    }
}
