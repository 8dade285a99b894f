import ConnectorLogCore
import GRDB

/// Checks one block: every part, every column, and its row in table `block`.
struct BlockCheck {
    let id: Int64
    let condition: BlockRow.Condition
    private let summary: BlockSummary
    private(set) var faults: [CheckReport.Fault] = []
    private(set) var bytes = 0
    private(set) var calls = CountedCalls()
    private var columns: EntryColumns?

    init(_ row: BlockRow) {
        (id, condition, summary) = (row.summary.id, row.condition, row.summary)
        if condition == .damaged { add(place: "row", what: "does not have its checksum") }
    }

    var level: Int { summary.level }

    var entries: Int { columns?.count ?? summary.rows }

    var range: EntryRange? {
        guard condition == .live, summary.firstID <= summary.lastID else { return nil }
        return EntryRange(block: id, team: summary.teamID, ids: summary.firstID...summary.lastID)
    }

    private mutating func add(column: BlockFormat.Column? = nil, place: String, what: String) {
        let fault = CheckReport.Fault(block: id, column: column.map { Int($0.rawValue) }, place: place, what: what)
        // A damaged part is met again with each of its columns.
        if !faults.contains(where: { $0.place == fault.place && $0.what == fault.what }) { faults.append(fault) }
    }

    /// Nil when the column is damaged, which is noted.
    private mutating func attempt<Value>(_ column: BlockFormat.Column?, _ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as BlockError {
            // A column may be damaged because another is that it refers to; a part, for all of its columns.
            let isPart = error.place.hasPrefix("part ")
            let named = BlockFormat.Column.allCases.first { error.place == "column \($0.rawValue)" }
            let blamed = isPart ? nil : named ?? column
            add(
                column: blamed, place: blamed.map { "column \($0.rawValue)" } ?? error.place,
                what: error.reason.rawValue)
            return nil
        }
    }

    mutating func run(in db: Database, zstandard: Zstandard) throws {
        guard condition != .retired else { return }
        let block = StoredBlock(summary, in: db, zstandard: zstandard, recent: RecentBlocks())
        try checkLengths(in: db)
        for column in BlockFormat.Column.allCases where !column.isOfIDs { try check(column, of: block) }
        let ids = try attempt(nil) { try block.ids() }
        if let ids { check(ids) }
        // A commit's block has none: it soon becomes others.
        // Blocks that older versions merged have no words; one that has lost them does not have its bytes.
        let hasWords = try block.hasFilter && BlobPart(.words, ofBlock: id, in: db) != nil
        let filters = block.hasFilter ? [BlockFormat.Part.filter] + (hasWords ? [.words] : []) : []
        for part in filters { _ = try attempt(nil) { try block.filter(part) } }
        // What is damaged has been told; the rest needs the block whole.
        guard faults.allSatisfy({ $0.place == "row" }), let ids, !ids.isEmpty else { return }
        guard let columns = try attempt(nil, { try Self.columns(of: block) }) else { return }
        self.columns = columns
        checkRow(columns, ids)
        for part in filters {
            guard let filter = try attempt(nil, { try block.filter(part) }) else { continue }
            let isWhole = part == .words ? Self.holdsWords(filter, columns) : Self.holdsKeys(filter, columns)
            if !isWhole { add(place: "part \(part.rawValue)", what: "lacks a key of an entry") }
        }
        calls.add(columns)
    }

    private mutating func checkLengths(in db: Database) throws {
        let first = id << 2
        bytes =
            try Int.fetchOne(
                db, sql: "SELECT coalesce(sum(length(bytes)), 0) FROM block_part WHERE id BETWEEN ? AND ?",
                arguments: [first, first + 3]) ?? 0
        if bytes != summary.storedBytes { add(place: "row", what: "tells another number of stored bytes") }
    }

    private static func columns(of block: StoredBlock) throws -> EntryColumns {
        var columns = EntryColumns()
        try DecodedBlock(block).append(Array(0..<block.rows), to: &columns)
        return columns
    }

    // MARK: - Columns

    private mutating func check(_ column: BlockFormat.Column, of block: StoredBlock) throws {
        switch column.kind {
        case .integers:
            guard let values = try attempt(column, { try block.integers(column) }), let allowed = column.allowed else {
                return
            }
            if !values.allSatisfy(allowed) { addValue(column) }
        case .headers:
            _ = try attempt(column) {
                for row in 0..<block.rows { _ = try block.headers(column, row) }
            }
        case .texts:
            guard let texts = try attempt(column, { try block.texts(column) }) else { return }
            let isRight = try attempt(column) { try Self.isRight(column, texts) }
            if isRight == false { addValue(column) }
        }
    }

    /// Decodes every value. All texts but bodies are UTF-8.
    private static func isRight(_ column: BlockFormat.Column, _ texts: TextColumnReader) throws -> Bool {
        try (0..<texts.rows).allSatisfy { row in
            guard let bytes = try texts.bytes(row) else { return column != .connector }
            switch column {
            case .receipt: return Receipt.decode(bytes[...]) != nil
            case .requestBody, .responseBody: return true
            default: return String(validating: bytes, as: UTF8.self) != nil
            }
        }
    }

    private mutating func addValue(_ column: BlockFormat.Column) {
        add(column: column, place: "column \(column.rawValue)", what: BlockError.Reason.value.rawValue)
    }

    private mutating func check(_ ids: IDColumn) {
        if !zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) { add(place: "ids", what: "do not rise") }
    }

    // MARK: - Row

    private mutating func checkRow(_ columns: EntryColumns, _ ids: IDColumn) {
        func differs(_ name: String, _ isRight: Bool) {
            if !isRight { add(place: "row", what: "\(name) is not what the columns say") }
        }
        differs("first_time", columns.logTimes.min() == summary.firstTime)
        differs("last_time", columns.logTimes.max() == summary.lastTime)
        differs("first_id", ids.first == summary.firstID)
        differs("last_id", ids.last == summary.lastID)
        let failed = columns.outcomes.count { $0 == Outcome.failed.rawValue }
        differs("failed", failed == summary.failed)
        differs("ok", columns.count - failed == summary.ok)
        if let team = summary.teamID { differs("team_id", columns.teamIDs.allSatisfy { $0 == team }) }
        var times: Set<ConnectorTime> = []
        for row in 0..<columns.count {
            let connector = columns[.connector].range(row)
            times.insert(
                ConnectorTime(
                    connector: ColumnHash.hash(
                        columns[.connector].bytes.span.extracting(connector),
                        seed: UInt64(bitPattern: columns.teamIDs[row])),
                    time: columns.logTimes[row]))
        }
        if times.count < columns.count {
            add(column: .logTime, place: "column 2", what: "two entries of one connector share an instant")
        }
    }

    private struct ConnectorTime: Hashable {
        var connector: UInt64
        var time: Int64
    }

    // MARK: - Filter

    /// A key that the filter lacks hides its entries from every query that asks for it.
    private static func holdsKeys(_ filter: BloomFilter, _ columns: EntryColumns) -> Bool {
        func holds(_ field: EntryTextField, _ key: (Int64, Span<UInt8>) -> UInt64) -> Bool {
            (0..<columns.count).allSatisfy { row in
                columns[field].isNull(row)
                    || filter.mayContain(
                        key(columns.teamIDs[row], columns[field].bytes.span.extracting(columns[field].range(row))))
            }
        }
        return holds(.connector) { FilterKey.connector(team: $0, $1) }
            && holds(.stateID) { FilterKey.state(team: $0, $1) }
            && holds(.flowID) { FilterKey.flow(team: $0, $1) } && holds(.requestID) { FilterKey.requestID($1) }
            && holdsVendorRequestIDs(filter, columns[.responseHeaders])
    }

    private static func holdsVendorRequestIDs(_ filter: BloomFilter, _ column: TextColumn) -> Bool {
        var isWhole = true
        for row in 0..<column.count {
            guard let headers = column[row] else { continue }
            HeaderList.forEach(headers) { name, value in
                guard VendorRequestID.isName(String(decoding: name, as: UTF8.self)) else { return }
                if !filter.mayContain(FilterKey.requestID(value.span)) { isWhole = false }
            }
        }
        return isWhole
    }

    private static func holdsWords(_ filter: BloomFilter, _ columns: EntryColumns) -> Bool {
        var isWhole = true
        for field in EntryTextField.searched {
            let column = columns[field]
            for row in 0..<column.count {
                WordKeys.forEach(in: column.bytes.span, column.range(row)) { key in
                    if !filter.mayContain(key) { isWhole = false }
                }
            }
        }
        return isWhole
    }
}

extension BlockFormat.Column {
    enum Kind {
        case integers, texts, headers
    }

    var kind: Kind {
        guard let field = EntryTextField.allCases.first(where: { $0.column == self }) else { return .integers }
        return field.isHeaders ? .headers : .texts
    }

    /// Left out where ids follow each other, and read as ids.
    var isOfIDs: Bool { [.idMilliseconds, .idCounter, .idRandom].contains(self) }

    /// Which integers the column may hold; nil for all.
    var allowed: (@Sendable (Int64) -> Bool)? {
        switch self {
        case .teamID: { $0 >= 1 }
        case .logTime: { (Timestamp.epoch.microseconds...Timestamp.latest.microseconds).contains($0) }
        case .status: { $0 == 0 || (100...599).contains($0) }
        case .outcome: { (0...1).contains($0) }
        case .duration: { $0 >= -1 }
        case .requestBodyAttributes, .responseBodyAttributes: { $0 >= 0 }
        default: nil
        }
    }
}
