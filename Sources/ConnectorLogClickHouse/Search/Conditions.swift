import ConnectorLogCore

/// Conditions of a statement, all of which a row has to pass.
struct Conditions: Sendable {
    private(set) var all: [String] = []
    /// What is looked at before all other columns, which are then read of the rows that are left alone.
    private var first: [String] = []
    private(set) var hasTexts = false

    init(team: Int64, _ snapshot: CommitSnapshot) {
        all = ["team_id = \(team)"]
        add(snapshot)
    }

    /// Those but for what is looked at first.
    var sql: String { all.joined(separator: " AND ") }

    /// Of a statement.
    var clauses: String {
        (first.isEmpty ? "" : "PREWHERE \(first.joined(separator: " AND ")) ") + "WHERE \(sql)"
    }

    mutating func readFirst(_ condition: String) { first.append(condition) }

    private mutating func addText(_ condition: String) {
        readFirst(condition)
        hasTexts = true
    }

    mutating func add(_ condition: String) { all.append(condition) }

    private mutating func add(_ snapshot: CommitSnapshot) {
        add("commit <= \(snapshot.last)")
        let hidden = CommitRuns(snapshot.hidden)
        if !hidden.isEmpty { add("NOT \(hidden.condition)") }
    }

    /// A text that is there and has these bytes; all rows for nil.
    /// - Parameter absence: the bit of column `absent` that says that the text is none.
    mutating func add(_ column: String, is text: String?, absence: UInt32) {
        guard let text else { return }
        add("\(column) = \(Dialect.text(text))")
        // Others say so by themselves.
        if text.isEmpty { add("bitAnd(absent, \(absence)) = 0") }
    }

    /// As `add(_:is:absence:)`; all rows for nil, none for an empty set.
    mutating func add(_ column: String, isAmong texts: Set<String>?, absence: UInt32) {
        guard let texts else { return }
        guard !texts.isEmpty else { return add("0") }
        let literals = texts.map { Dialect.text($0) }.sorted().joined(separator: ", ")
        add("\(column) IN (\(literals)) AND bitAnd(absent, \(absence)) = 0")
    }

    /// From `from` on, before `to`; nil bounds nothing.
    mutating func add(_ column: String, from: Timestamp?, to: Timestamp?, _ dialect: Dialect) {
        if let from { add("\(column) >= \(dialect.time(from))") }
        if let to { add("\(column) < \(dialect.time(to))") }
    }

    mutating func add(_ column: String, behind place: PagePosition?, _ order: PageOrder, _ dialect: Dialect) {
        guard let place else { return }
        let (time, id) = (dialect.time(place.time), Dialect.id(place.id))
        let sign = order == .newestFirst ? "<" : ">"
        // The first condition is there for the index.
        add("\(column) \(sign)= \(time) AND (\(column) \(sign) \(time) OR id \(sign) \(id))")
    }
}

extension Conditions {
    /// Those of the query but for its times and place.
    init(_ query: EntryQuery, _ snapshot: CommitSnapshot) {
        self.init(team: query.teamID, snapshot)
        if let connector = query.connector { add("connector = \(Dialect.text(connector))") }
        let texts: [(String?, EntryTextField, String)] = [
            (query.stateID, .stateID, "state_id"), (query.flowID, .flowID, "flow_id"),
            (query.flowVersion, .flowVersion, "flow_version"), (query.method, .method, "method"),
            (query.event, .event, "event"),
        ]
        for (text, field, column) in texts { add(column, is: text, absence: EntryBlocks.absence(of: field)) }
        if let outcome = query.outcome { add("outcome = \(outcome.rawValue)") }
        switch query.status {
        case nil: break
        case .some(.none): add("status = 0")
        case .exactly(let status): add("status = \(status)")
        case .hundred(let hundred): add("status >= \(hundred * 100) AND status < \(hundred * 100 + 100)")
        }
        if let id = query.requestID {
            let absence = EntryBlocks.absence(of: .requestID)
            let isSenders = "request_id = \(Dialect.text(id)) AND bitAnd(absent, \(absence)) = 0"
            add("((\(isSenders)) OR has(vendor_request_ids, \(Dialect.text(id))))")
        }
        if let text = query.text, !text.isEmpty { addText(TextCondition.holds(text)) }
        if let word = query.word, !word.isEmpty {
            addText(TextCondition.holds(word))
            add(TextCondition.isWord(word))
        }
    }
}
