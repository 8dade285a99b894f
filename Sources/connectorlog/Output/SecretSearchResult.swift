import ConnectorLogAPI
import ConnectorLogBlockStore
import ConnectorLogCore

/// What `verify-secrets` shows, as tables and as a document. Names no value, and nothing that was found beside one.
struct SecretSearchResult {
    struct Store {
        var path: String
        var isBackup: Bool
        var report: SecretReport
    }

    /// How many were looked for.
    var secrets: Int
    /// What was found before it was erased; nil when nothing was to be erased.
    var before: SecretReport?
    var erasure: SecretErasure?
    /// As they are now, the data directory first.
    var stores: [Store] = []

    init(secrets: Int) {
        self.secrets = secrets
    }

    var exit: ExitReason {
        if !stores.allSatisfy(\.report.isClean) { return .secretsFound }
        return stores.allSatisfy(\.report.damage.isEmpty) ? .success : .dataError
    }

    // MARK: - Tables

    private static let columns: [Column<SecretReport.Finding>] = [
        Column("SECRET") { $0.secret },
        Column("TEAM", alignment: .right) { $0.team.map(String.init) ?? "-" },
        Column("PLACE") { $0.place.text },
        Column("ENTRY") { $0.place.entry?.description ?? "-" },
        Column("FIELD") { $0.field.isEmpty ? "-" : $0.field },
        Column("TIMES", alignment: .right) { String($0.count) },
    ]

    private static let damageColumns: [Column<CheckReport.Fault>] = [
        Column("BLOCK", alignment: .right) { $0.block.map(String.init) ?? "-" },
        Column("PLACE") { $0.place },
        Column("FAULT", isFlexible: true) { $0.what },
    ]

    func show(on console: Console) throws(CommandFailure) {
        if secrets == 0 { try console.tell("no secrets are registered: there is nothing to look for") }
        if let before, let erasure {
            try Self.show(findings: before, on: console)
            try console.say("\(before.findingCount) places found")
            try console.say(
                "redacted in place: \(erasure.fields) fields of \(erasure.entries) entries in \(erasure.blocks) blocks, and "
                    + "\(erasure.rows) other rows; no entry was deleted. Searched again:")
        }
        for store in stores {
            if stores.count > 1 { try console.say((store.isBackup ? "backup " : "data ") + store.path) }
            try Self.show(store.report, secrets, on: console)
        }
        if stores.contains(where: { $0.isBackup && !$0.report.isClean }) {
            try console.tell("backups are not changed: delete those with secrets in them, and make new ones")
        }
        if before == nil, stores.contains(where: { !$0.isBackup && !$0.report.isClean }) {
            try console.tell("to take them out: stop the server, and run connectorlog verify-secrets --erase")
        }
    }

    private static func show(_ report: SecretReport, _ secrets: Int, on console: Console) throws(CommandFailure) {
        try show(findings: report, on: console)
        if !report.damage.isEmpty {
            for line in Table(columns: damageColumns, rows: report.damage).lines(on: console.output) {
                try console.say(line)
            }
        }
        try console.say(
            "looked for \(secrets) secrets in \(report.entries) entries of \(report.blocks) blocks, \(report.rows) other rows, "
                + "and \(report.bytes) bytes of \(report.files) files")
        try console.say(report.isClean ? "no secret found" : "\(report.findingCount) places found")
        if !report.damage.isEmpty { try console.tell("what is damaged could not be searched") }
        for text in report.unsearched { try console.tell("not searched: " + text) }
    }

    private static func show(findings report: SecretReport, on console: Console) throws(CommandFailure) {
        if report.isClean { return }
        for line in Table(columns: columns, rows: report.findings).lines(on: console.output) { try console.say(line) }
        if report.findingCount > report.findings.count {
            try console.say("and \(report.findingCount - report.findings.count) more")
        }
    }
}

extension SecretReport.Place {
    fileprivate var text: String {
        switch self {
        case .entry(let block, let row, _): "block \(block) row \(row)"
        case .row(let table, let row): "\(table) row \(row)"
        case .file(let name, let offset): "\(name) at \(offset)"
        }
    }

    fileprivate var entry: EntryID? {
        if case .entry(_, _, let id) = self { id } else { nil }
    }
}

// MARK: - Document

extension SecretSearchResult: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("clean", exit == .success)
            json.name("secrets")
            json.write(Int64(secrets))
            json.name("erased")
            if let before, let erasure {
                json.object { json in
                    Self.write(
                        [
                            ("blocks", erasure.blocks), ("entries", erasure.entries), ("fields", erasure.fields),
                            ("rows", erasure.rows), ("finding_count", before.findingCount),
                        ], to: &json)
                    Self.write(findings: before, to: &json)
                }
            } else {
                json.writeNull()
            }
            json.name("stores")
            json.array { json in
                for store in stores { Self.write(store, to: &json) }
            }
        }
    }

    private static func write(_ counts: [(String, Int)], to json: inout JSONWriter) {
        for (name, count) in counts {
            json.name(name)
            json.write(Int64(count))
        }
    }

    private static func write(_ store: Store, to json: inout JSONWriter) {
        let report = store.report
        json.object { json in
            json.member("path", store.path)
            json.member("backup", store.isBackup)
            write(
                [
                    ("blocks", report.blocks), ("entries", report.entries), ("rows", report.rows),
                    ("files", report.files), ("bytes", report.bytes), ("finding_count", report.findingCount),
                ], to: &json)
            write(findings: report, to: &json)
            json.name("damage")
            json.array { json in
                for fault in report.damage {
                    json.object { json in
                        write(fault.block, "block", to: &json)
                        json.member("place", fault.place)
                        json.member("fault", fault.what)
                    }
                }
            }
            json.name("not_searched")
            json.array { json in
                for text in report.unsearched { json.write(text) }
            }
        }
    }

    private static func write(findings report: SecretReport, to json: inout JSONWriter) {
        json.name("findings")
        json.array { json in
            for finding in report.findings {
                json.object { json in write(finding, to: &json) }
            }
        }
    }

    private static func write(_ finding: SecretReport.Finding, to json: inout JSONWriter) {
        json.member("secret", finding.secret)
        write(finding.team, "team", to: &json)
        switch finding.place {
        case .entry(let block, let row, let id):
            json.member("kind", "entry")
            write(block, "block", to: &json)
            write(Int64(row), "row", to: &json)
            json.name("entry")
            if let id { json.write(id.description) } else { json.writeNull() }
        case .row(let table, let row):
            json.member("kind", "row")
            json.member("table", table)
            write(row, "row", to: &json)
        case .file(let name, let offset):
            json.member("kind", "file")
            json.member("file", name)
            write(Int64(offset), "offset", to: &json)
        }
        if !finding.field.isEmpty { json.member("field", finding.field) }
        write(Int64(finding.count), "count", to: &json)
    }

    private static func write(_ number: Int64?, _ name: String, to json: inout JSONWriter) {
        json.name(name)
        if let number { json.write(number) } else { json.writeNull() }
    }
}
