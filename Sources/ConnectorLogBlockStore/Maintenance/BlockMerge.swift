import ConnectorLogCore

/// Puts the rows of some blocks in the order of teams and ids, and cuts them into new blocks.
///
/// Goes column by column from the decoded blocks to the columns of one new block at a time: no row is copied twice, and
/// beside the decoded blocks only one new block is in memory.
struct BlockMerge {
    struct Merged: Sendable {
        var block: EncodedBlock
        var ids: ClosedRange<EntryID>
    }

    /// The number of a source, and what is wrong with it.
    struct DamagedSource: Error {
        var source: Int
        var cause: BlockError
    }

    /// A row of a source.
    private struct Row {
        var id: EntryID
        var source: Int
        var row: Int
    }

    /// Rows of one source that follow each other in the new order.
    private struct Run {
        var source: Int
        var rows: [Int]
    }

    private let sources: [DecodedBlock]
    private let encoder: BlockEncoder

    init(_ sources: [DecodedBlock], encoder: BlockEncoder) {
        (self.sources, self.encoder) = (sources, encoder)
    }

    func blocks() throws(DamagedSource) -> [Merged] {
        var places: [Int64: Int] = [:]
        var rowsOfTeams: [[Row]] = []
        for (number, source) in sources.enumerated() {
            for (row, team) in source.teams.enumerated() {
                let place = places[team] ?? rowsOfTeams.count
                if place == rowsOfTeams.count {
                    places[team] = place
                    rowsOfTeams.append([])
                }
                rowsOfTeams[place].append(Row(id: source.ids[row], source: number, row: row))
            }
        }
        var blocks: [Merged] = []
        for (_, place) in places.sorted(by: { $0.key < $1.key }) {
            let rows = inOrder(rowsOfTeams[place])
            for range in pieces(rows) { blocks.append(try block(rows[range])) }
        }
        return blocks
    }

    /// Blocks come in the order of their ids, but those that a quarantine held back may lie between others.
    private func inOrder(_ rows: [Row]) -> [Row] {
        zip(rows, rows.dropFirst()).allSatisfy { $0.id < $1.id } ? rows : rows.sorted { $0.id < $1.id }
    }

    private func pieces(_ rows: [Row]) -> [Range<Int>] {
        BlockPieces.ranges(rows: rows.count, bytes: rows.reduce(0) { $0 + sources[$1.source].bytes(ofRow: $1.row) }) {
            sources[rows[$0].source].bytes(ofRow: rows[$0].row)
        }
    }

    private func block(_ rows: ArraySlice<Row>) throws(DamagedSource) -> Merged {
        var runs: [Run] = []
        for row in rows {
            if runs.last?.source != row.source { runs.append(Run(source: row.source, rows: [])) }
            runs[runs.count - 1].rows.append(row.row)
        }
        var columns = EntryColumns()
        for field in EntryTextField.allCases {
            // Growth would copy most of it once more.
            let bytes = runs.reduce(0) { $0 + sources[$1.source].byteCount(of: $1.rows, field) }
            columns[field].reserve(rows: rows.count, bytes: bytes)
        }
        for run in runs {
            do {
                try sources[run.source].append(run.rows, to: &columns)
            } catch {
                throw DamagedSource(source: run.source, cause: error)
            }
        }
        let ids = rows.map(\.id)
        return Merged(block: encoder.encode(columns, ids: .listed(ids)), ids: ids[0]...ids[ids.count - 1])
    }
}

/// A stored block with all of its columns decoded.
struct DecodedBlock {
    let teams: [Int64]
    let ids: IDColumn
    let logTimes: [Int64]
    private let statuses: [Int64]
    let outcomes: [Int64]
    private let durations: [Int64]
    private let requestBodyAttributes: [Int64]
    private let responseBodyAttributes: [Int64]
    /// By the raw values of `EntryTextField`; nil for header lists.
    private let texts: [TextColumnReader?]
    private let headers: [(field: EntryTextField, reader: HeaderListReader)]
    private let bodyBytes: [Int]
    /// Of an average row, its bodies aside.
    private let usualBytes: Int

    init(_ block: StoredBlock) throws {
        teams = try block.integers(.teamID)
        ids = try block.ids()
        logTimes = try block.integers(.logTime)
        statuses = try block.integers(.status)
        outcomes = try block.integers(.outcome)
        durations = try block.integers(.duration)
        requestBodyAttributes = try block.integers(.requestBodyAttributes)
        responseBodyAttributes = try block.integers(.responseBodyAttributes)
        let texts = try EntryTextField.allCases.map { $0.isHeaders ? nil : try block.texts($0.column).decoded() }
        self.texts = texts
        headers = try EntryTextField.allCases.filter(\.isHeaders).map { ($0, try block.headers($0.column)) }
        for (_, reader) in headers { try reader.decode() }
        let bodies = [EntryTextField.requestBody, .responseBody].compactMap { texts[$0.rawValue] }
        bodyBytes = try (0..<block.rows).map { row in try bodies.reduce(0) { $0 + (try $1.byteCount(row)) } }
        usualBytes = max(0, block.summary.rawBytes - bodyBytes.reduce(0, +)) / max(1, block.rows)
    }

    /// What a row takes in `EntryColumns`, about.
    func bytes(ofRow row: Int) -> Int {
        usualBytes + bodyBytes[row]
    }

    /// Bytes of a column's rows, as far as they are known.
    func byteCount(of rows: [Int], _ field: EntryTextField) -> Int {
        if let texts = texts[field.rawValue] { return texts.plainByteCount(of: rows) }
        return headers.first { $0.field == field }?.reader.plainByteCount(of: rows) ?? 0
    }

    /// Appends rows, column by column.
    func append(_ rows: [Int], to columns: inout EntryColumns) throws(BlockError) {
        for row in rows { columns.teamIDs.append(teams[row]) }
        for row in rows { columns.logTimes.append(logTimes[row]) }
        for row in rows { columns.statuses.append(statuses[row]) }
        for row in rows { columns.outcomes.append(UInt8(truncatingIfNeeded: outcomes[row])) }
        for row in rows { columns.durations.append(durations[row]) }
        for row in rows { columns.requestBodyAttributes.append(requestBodyAttributes[row]) }
        for row in rows { columns.responseBodyAttributes.append(responseBodyAttributes[row]) }
        for field in EntryTextField.allCases { try texts[field.rawValue]?.append(rows, to: &columns[field]) }
        for (field, reader) in headers {
            try reader.append(rows, to: &columns[field])
        }
    }
}
