import ConnectorLogCore
import GRDB

/// Puts placeholders in the place of secrets in the rows of the tables beside blocks, within one transaction.
///
/// A row whose own name has a secret gets the name that it would have had, and becomes one with the row that has that name
/// already. What cannot be written anew is left, and found again by the next search: rules and names of secrets, which their
/// owner has to change, and a connector's identifier under which it has secrets.
struct SecretRowEraser {
    /// Columns that nothing else rests on.
    private static let columns: [String: [String]] = [
        "team": ["name"], "api_key": ["name"], "erasure": ["target"],
        "audit": ["key_name", "target", "request_id"],
        "connector": ["name", "description", "logo_name", "logo_type", "configuration"],
        "flow_state": ["current_step", "user", "join_uri"],
    ]

    let db: Database
    let scopes: SecretScopes
    let zstandard: Zstandard

    /// Returns the number of rows that were changed.
    func run() throws -> Int {
        try eraseFaults() + erasePendingParts() + eraseFlowTexts() + eraseFlowStateIDs()
            + Self.columns.keys.sorted().reduce(0) { try $0 + eraseColumns($1) } + eraseConnectors() + eraseAnswers()
    }

    // MARK: - Searching

    /// Rows with secrets, and what is to be done about them; collected first, since rows change.
    private func collect<Value>(
        _ table: String, columns: String = "*",
        _ body: (SecretTable.Row, KnownSecretSearch, inout KnownSecretSearch.Scratch) throws -> Value?
    ) throws -> [Value] {
        var scratch = KnownSecretSearch.Scratch()
        var values: [Value] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM \(table)")
        while let row = try rows.next() {
            let row = SecretTable.Row(row, of: table)
            guard let search = row.search(scopes) else { continue }
            do {
                if let value = try body(row, search, &scratch) { values.append(value) }
            } catch is BlockError {
                // A damaged row is told by the search, and left.
            }
        }
        return values
    }

    private static func redacted(
        _ text: String?, _ form: KnownSecretSearch.Form, _ search: KnownSecretSearch,
        _ scratch: inout KnownSecretSearch.Scratch
    ) -> String? {
        guard let text else { return nil }
        let bytes = Array(text.utf8)
        let redacted = unsafe bytes.withUnsafeBytes { unsafe search.redacted($0, as: form, using: &scratch) }
        return redacted.map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: - Faults

    private func eraseFaults() throws -> Int {
        let ids = try collect("fault") { row, search, scratch -> DatabaseValue? in
            let texts = try row.fault(zstandard).secretTexts + row.texts(zstandard).texts
            let isFound = texts.contains { text in
                unsafe text.bytes.withUnsafeBytes { unsafe !search.find(in: $0, using: &scratch).isEmpty }
            }
            return isFound ? row.row.stored("id") : nil
        }
        var scratch = KnownSecretSearch.Scratch()
        for id in ids {
            guard let found = try Row.fetchOne(db, sql: "SELECT * FROM fault WHERE id = ?", arguments: [id]) else {
                continue
            }
            let row = SecretTable.Row(found, of: "fault")
            guard let search = row.search(scopes) else { continue }
            var fault = try row.fault(zstandard)
            fault.redact(search, &scratch)
            try db.execute(
                sql: "UPDATE fault SET state_id = ?, connector = ?, name = ?, record = ? WHERE id = ?",
                arguments: [
                    fault.stateID, fault.connectorIdentifier, fault.name,
                    try FaultRecord.encode(fault, zstandard: zstandard).databaseBytes, id,
                ])
        }
        return ids.count
    }

    // MARK: - Parts of calls that wait

    /// Texts with a secret go as a whole, and a part with one for its connector: it waits a minute at most, and is redacted
    /// again before it becomes an entry.
    private func erasePendingParts() throws -> Int {
        let parts = try collect("pending_part") { row, search, scratch -> (DatabaseValue, PackedEntry?)? in
            guard let entry = PackedEntry(bytes: row.row.bytes("entry")) else { return nil }
            let fields = EntryTextField.allCases.filter { field in
                guard let text = entry[field] else { return false }
                return unsafe text.withUnsafeBytes { unsafe !search.find(in: $0, using: &scratch).isEmpty }
            }
            return fields.isEmpty ? nil : (row.row.stored("id"), entry.without(Set(fields)))
        }
        for (number, entry) in parts {
            guard let entry else {
                try db.execute(sql: "DELETE FROM pending_part WHERE id = ?", arguments: [number])
                continue
            }
            try db.execute(
                sql: "UPDATE pending_part SET entry = ?, bytes = ? WHERE id = ?",
                arguments: [entry.bytes.databaseBytes, entry.bytes.count, number])
        }
        return parts.count
    }

    // MARK: - Flow states

    private func eraseFlowTexts() throws -> Int {
        let texts = try collect("flow_text") { row, search, scratch -> (Int64, String)? in
            let text = Self.redacted(try row.row.value("text") as String, .text, search, &scratch)
            return try text.map { (try row.row.value("id"), $0) }
        }
        for (number, text) in texts {
            let other = try Int64.fetchOne(db, sql: "SELECT id FROM flow_text WHERE text = ?", arguments: [text])
            guard let other else {
                try db.execute(sql: "UPDATE flow_text SET text = ? WHERE id = ?", arguments: [text, number])
                continue
            }
            for column in ["flow", "name", "version"] {
                try db.execute(
                    sql: "UPDATE flow_state SET \(column) = ? WHERE \(column) = ?", arguments: [other, number])
            }
            try db.execute(sql: "DELETE FROM flow_text WHERE id = ?", arguments: [number])
        }
        return texts.count
    }

    private func eraseFlowStateIDs() throws -> Int {
        let states = try collect("flow_state", columns: "team_id, state_id") {
            row, search, scratch -> (FlowStateKey, String)? in
            let id: String = try row.row.value("state_id")
            guard let redacted = Self.redacted(id, .text, search, &scratch) else { return nil }
            return (FlowStateKey(teamID: try row.row.value("team_id"), stateID: id), redacted)
        }
        let table = FlowStateTable(db: db)
        for (key, id) in states {
            var old: FlowStateRow?
            try table.change(key) { row in
                old = row
                return nil
            }
            guard let old else { continue }
            try db.execute(
                sql: "DELETE FROM flow_state WHERE team_id = ? AND id = ?",
                arguments: [key.teamID, StoredStateID(key.stateID)])
            try table.change(FlowStateKey(teamID: key.teamID, stateID: id)) { other in
                other.map { $0.merged(with: old) } ?? old
            }
        }
        return states.count
    }

    // MARK: - Catalog

    private func eraseColumns(_ table: String) throws -> Int {
        let names = Self.columns[table] ?? []
        let key =
            table == "connector" ? ["team_id", "identifier"] : table == "flow_state" ? ["team_id", "id"] : ["id"]
        let changes = try collect(table) { row, search, scratch -> (key: [DatabaseValue], texts: [(String, String)])? in
            var texts: [(String, String)] = []
            for name in names {
                guard let text = Self.redacted(try row.row.valueIfAny(name), .text, search, &scratch) else { continue }
                texts.append((name, text))
            }
            return texts.isEmpty ? nil : (key.map { row.row.stored($0) }, texts)
        }
        let condition = key.map { "\($0) = ?" }.joined(separator: " AND ")
        for change in changes {
            for (name, text) in change.texts {
                // A configuration whose very marks were a secret's is none any more.
                let isBroken =
                    try name == "configuration"
                    && Bool.fetchOne(db, sql: "SELECT NOT json_valid(?)", arguments: [text]) ?? true
                try db.execute(
                    sql: "UPDATE \(table) SET \(name) = ? WHERE \(condition)",
                    arguments: StatementArguments([(isBroken ? "{}" : text).databaseValue] + change.key))
            }
        }
        return changes.count
    }

    /// Logos go as a whole; a connector that has a secret for its identifier gets another, unless it has secrets of its own,
    /// which are sealed for that identifier.
    private func eraseConnectors() throws -> Int {
        let logos = try collect("connector") { row, search, scratch -> [DatabaseValue]? in
            let logo = row.row.bytes("logo")
            let found = unsafe logo.withUnsafeBytes { unsafe search.find(in: $0, using: &scratch) }
            return found.isEmpty ? nil : [row.row.stored("team_id"), row.row.stored("identifier")]
        }
        for key in logos {
            try db.execute(
                sql: """
                    UPDATE connector SET logo = NULL, logo_name = NULL, logo_type = NULL
                    WHERE team_id = ? AND identifier = ?
                    """, arguments: StatementArguments(key))
        }
        let names = try collect("connector", columns: "team_id, identifier") { row, search, scratch in
            let identifier: String = try row.row.value("identifier")
            return try Self.redacted(identifier, .word, search, &scratch).map {
                (team: try row.row.value("team_id") as Int64, old: identifier, new: $0)
            }
        }
        var renamed = 0
        for name in names {
            let hasSecrets = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM secret WHERE team_id = ? AND connector = ?)",
                arguments: [name.team, name.old])
            if hasSecrets ?? true { continue }
            renamed += 1
            try db.execute(
                sql: "UPDATE OR IGNORE connector SET identifier = ? WHERE team_id = ? AND identifier = ?",
                arguments: [name.new, name.team, name.old])
            // The other one is there already.
            try db.execute(
                sql: "DELETE FROM connector WHERE team_id = ? AND identifier = ?", arguments: [name.team, name.old])
        }
        return logos.count + renamed
    }

    /// What was answered to a batch: forgotten, so that it would be taken once more.
    private func eraseAnswers() throws -> Int {
        let tokens = try collect("idempotency") { row, search, scratch -> DatabaseValue? in
            let answer = row.row.bytes("answer")
            let found = unsafe answer.withUnsafeBytes { unsafe search.find(in: $0, using: &scratch) }
            return found.isEmpty ? nil : row.row.stored("token")
        }
        for token in tokens { try db.execute(sql: "DELETE FROM idempotency WHERE token = ?", arguments: [token]) }
        return tokens.count
    }
}

extension RootFault {
    /// As redaction does it before a fault is stored.
    fileprivate mutating func redact(_ search: KnownSecretSearch, _ scratch: inout KnownSecretSearch.Scratch) {
        func redacted(_ text: String, _ form: KnownSecretSearch.Form) -> String {
            let bytes = Array(text.utf8)
            let result = unsafe bytes.withUnsafeBytes { unsafe search.redacted($0, as: form, using: &scratch) }
            return result.map { String(decoding: $0, as: UTF8.self) } ?? text
        }
        connectorIdentifier = connectorIdentifier.map { redacted($0, .word) }
        name = redacted(name, .text)
        let texts: [WritableKeyPath<RootFault, String?>] = [
            \.stateID, \.flowID, \.flowName, \.flowVersion, \.entryRequestID, \.kind, \.message, \.invokeType, \.action,
        ]
        for text in texts { self[keyPath: text] = self[keyPath: text].map { redacted($0, .text) } }
        uri = uri.map { redacted($0, .uri) }
        responseHeaders = responseHeaders.map {
            HeaderField(name: redacted($0.name, .header), value: redacted($0.value, .header))
        }
        receipt = receipt.map { Redaction(rule: $0.rule, field: redacted($0.field, .text), count: $0.count) }
        guard var body = responseBody else { return }
        let bytes = body.bytes
        let isCut = body.isTruncated
        body.bytes =
            unsafe bytes.withUnsafeBytes { unsafe search.redacted($0, as: .text, isCut: isCut, using: &scratch) }
            ?? bytes
        responseBody = body
    }
}

extension FlowStateRow {
    /// Two rows of what turns out to be one state.
    fileprivate func merged(with other: FlowStateRow) -> FlowStateRow {
        let (newer, older) = progress.lastActionAt >= other.progress.lastActionAt ? (self, other) : (other, self)
        var row = newer
        (row.flow, row.name, row.version) = (
            newer.flow ?? older.flow, newer.name ?? older.name, newer.version ?? older.version
        )
        row.progress.isCreatedStated = newer.progress.isCreatedStated || older.progress.isCreatedStated
        row.progress.createdAt = min(newer.progress.createdAt, older.progress.createdAt)
        row.progress.firstCallAt = [newer.progress.firstCallAt, older.progress.firstCallAt].compactMap(\.self).min()
        row.progress.lastCallAt = [newer.progress.lastCallAt, older.progress.lastCallAt].compactMap(\.self).max()
        row.progress.changedAt = [newer.progress.changedAt, older.progress.changedAt].compactMap(\.self).max()
        row.progress.calls &+= older.progress.calls
        row.progress.failedCalls &+= older.progress.failedCalls
        row.progress.faults &+= older.progress.faults
        row.countedBlock = max(newer.countedBlock, older.countedBlock)
        row.progress.currentStep = newer.progress.currentStep ?? older.progress.currentStep
        row.progress.user = newer.progress.user ?? older.progress.user
        row.progress.joinURI = newer.progress.joinURI ?? older.progress.joinURI
        return row
    }
}
