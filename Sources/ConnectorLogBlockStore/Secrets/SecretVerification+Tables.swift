import ConnectorLogCore
import Foundation
import GRDB

/// The tables beside blocks, whatever columns they have: root faults, flow states and their texts, the catalog, erasures.
extension SecretVerification {
    static let rowsOfStep = 1000

    mutating func runTables(_ scratch: inout KnownSecretSearch.Scratch) throws {
        var tables: [String] = []
        try attempt("schema") { verification in
            tables = try verification.queue.read(SecretTable.names)
        }
        for table in tables {
            do {
                try run(table, &scratch)
            } catch let error as BlockError {
                report.add(CheckReport.Fault(place: "table \(table)", what: error.description))
            } catch let error as DatabaseError where error.isDamage || error.resultCode == .SQLITE_ERROR {
                report.add(
                    CheckReport.Fault(place: "table \(table)", what: "cannot be read: \(SQLiteFailure(error))"))
            }
        }
    }

    private mutating func run(_ table: String, _ scratch: inout KnownSecretSearch.Scratch) throws {
        let hasNumbers = try queue.read { db in try SecretTable.hasNumbers(table, in: db) }
        var last = Int64.min
        var number: Int64 = 0
        var report = report
        defer { self.report = report }
        while true {
            let count = try queue.inDatabase { db in
                // A table without numbers of its own is read in one go.
                let rows =
                    hasNumbers
                    ? try Row.fetchCursor(
                        db,
                        sql:
                            "SELECT rowid AS number_of_row, * FROM \(table) WHERE rowid > ? ORDER BY rowid LIMIT ?",
                        arguments: [last, Self.rowsOfStep])
                    : try Row.fetchCursor(db, sql: "SELECT * FROM \(table)")
                var count = 0
                while let row = try rows.next() {
                    count += 1
                    if hasNumbers {
                        last = try row.value("number_of_row")
                        number = last
                    } else {
                        number += 1
                    }
                    run(SecretTable.Row(row, of: table), number, &scratch, &report)
                }
                return count
            }
            if !hasNumbers || count < Self.rowsOfStep { break }
        }
    }

    private func run(
        _ row: SecretTable.Row, _ number: Int64, _ scratch: inout KnownSecretSearch.Scratch,
        _ report: inout SecretReport
    ) {
        report.rows += 1
        guard let search = row.search(scopes) else { return }
        let place = SecretReport.Place.row(table: row.table, row: number)
        let (texts, isDamaged) = row.texts(zstandard)
        if isDamaged { report.add(CheckReport.Fault(place: "\(row.table) \(number)", what: "is damaged")) }
        var fields: Set<String> = []
        for (field, bytes) in texts {
            let found = unsafe bytes.withUnsafeBytes { unsafe search.find(in: $0, using: &scratch) }
            // A fault's record says its columns again.
            guard !found.isEmpty, fields.insert(field).inserted else { continue }
            report.add(found, of: search, at: place, team: row.team, field: field)
        }
    }
}

/// How tables beside blocks are read when all that they say is looked through.
enum SecretTable {
    /// What is sealed needs no search, and blocks have their own.
    private static let leftOut: Set = ["block", "block_part", "sealed_key", "grdb_migrations"]

    static func names(in db: Database) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).filter { !leftOut.contains($0) }.sorted()
    }

    /// Whether its rows have a `rowid`.
    static func hasNumbers(_ table: String, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT NOT wr FROM pragma_table_list WHERE name = ? AND schema = 'main'", arguments: [table])
            ?? true
    }

    /// One row, and what of it is text.
    struct Row {
        let table: String
        let row: GRDB.Row

        init(_ row: GRDB.Row, of table: String) {
            (self.row, self.table) = (row, table)
        }

        var team: Int64? {
            let column = table == "team" ? "id" : "team_id"
            guard row.hasColumn(column) else { return nil }
            return try? row.valueIfAny(column)
        }

        /// All secrets of the team: what a row says is of no connector, or lies where all of the team see it.
        func search(_ scopes: SecretScopes) -> KnownSecretSearch? {
            team.map { scopes.search(team: $0, connector: nil) } ?? scopes.all
        }

        /// Sealed values; and a flow state's id, which `state_id` has as text.
        private func isLeftOut(_ column: String) -> Bool {
            column == "number_of_row" || table == "secret" && column == "sealed_value"
                || table == "flow_state" && column == "id" || table == "fault" && ["id", "record"].contains(column)
        }

        /// Texts by their field.
        func texts(_ zstandard: Zstandard) -> (texts: [(field: String, bytes: [UInt8])], isDamaged: Bool) {
            var (texts, isDamaged): ([(field: String, bytes: [UInt8])], Bool) = ([], false)
            if table == "fault" {
                if let fault = try? fault(zstandard) {
                    texts = fault.secretTexts
                } else {
                    isDamaged = true
                    // Some of it may be readable.
                    texts.append(("record", row.bytes("record")))
                }
            }
            for (column, value) in row where !isLeftOut(column) {
                let field = table == "fault" && column == "connector" ? "connector_identifier" : column
                switch value.storage {
                case .string(let text): texts.append((field, Array(text.utf8)))
                case .blob(let data): texts.append((field, [UInt8](data)))
                default: break
                }
            }
            return (texts, isDamaged)
        }

        func fault(_ zstandard: Zstandard) throws -> RootFault {
            guard let id = EntryID(databaseBytes: row.bytes("id")) else { throw BlockError(.value, "fault") }
            var fault = RootFault(
                id: id, teamID: try row.value("team_id"),
                occurredAt: Timestamp(microseconds: try row.value("occurred_at")), name: try row.value("name"))
            fault.connectorIdentifier = try row.valueIfAny("connector")
            try FaultRecord.decode(row.bytes("record"), into: &fault, zstandard: zstandard)
            return fault
        }
    }
}

extension RootFault {
    /// By their fields, as the API calls them.
    var secretTexts: [(field: String, bytes: [UInt8])] {
        let texts: [(String, String?)] = [
            ("connector_identifier", connectorIdentifier), ("name", name), ("state_id", stateID), ("flow_id", flowID),
            ("flow_name", flowName), ("flow_version", flowVersion), ("entry_request_id", entryRequestID),
            ("kind", kind), ("uri", uri), ("message", message), ("invoke_type", invokeType), ("action", action),
        ]
        var fields = texts.compactMap { field, text in text.map { (field: field, bytes: Array($0.utf8)) } }
        for header in responseHeaders {
            fields.append(("response_headers", Array(header.name.utf8)))
            fields.append(("response_headers", Array(header.value.utf8)))
        }
        for line in receipt { fields.append(("receipt", Array(line.field.utf8))) }
        if let responseBody { fields.append(("response_body", responseBody.bytes)) }
        return fields
    }
}
