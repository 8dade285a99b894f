package import ConnectorLogCore
import Synchronization

/// All that a shared store holds, as its ledger says at the beginning, while no server changes it.
package final class ClickHouseCopySource: CopySource {
    /// Bytes of a chunk that is aimed at, and that an answer may have: what is longer is asked for in halves.
    private static let bytesOfChunk = 24 << 20
    private static let bytesOfAnswer = 96 << 20
    package static let standardRows = 256...65_536
    /// Before it is known how long rows are.
    private static let firstRows = 4096
    private static let faultsOfChunk = 500
    /// Time for a piece of a day, in microseconds, and for the pieces of a piece that is too much.
    private static let widths: [Int64] = [10_000_000, 10_000, 10]
    /// ClickHouse's error for an answer with more than `max_result_bytes`.
    private static let tooLong = 396

    private struct State {
        var windows: CopyWindows?
        var buckets: (day: CopyWindows.Day, pieces: [CopyWindows.Bucket])?
        var rows = 0
        var bytes = 0

        func rowsOfChunk(_ range: ClosedRange<Int>) -> Int {
            guard rows > 0 else { return min(firstRows, range.upperBound) }
            return min(max(bytesOfChunk / max(1, bytes / rows), range.lowerBound), range.upperBound)
        }
    }

    private let servers: CopyServers
    private let ledger: any CopyLedgerSource
    private let range: ClosedRange<Int>
    private let state = Mutex(State())

    /// - Parameters:
    ///   - ledger: is closed with this.
    ///   - rowsOfChunk: fewest and most, between which the length of rows decides.
    package static func open(
        _ address: ClickHouseAddress, ledger: any CopyLedgerSource, rowsOfChunk: ClosedRange<Int> = standardRows
    ) async throws(StoreError) -> ClickHouseCopySource {
        ClickHouseCopySource(try await CopyServers(address), ledger, rowsOfChunk)
    }

    private init(_ servers: CopyServers, _ ledger: any CopyLedgerSource, _ range: ClosedRange<Int>) {
        (self.servers, self.ledger, self.range) = (servers, ledger, range)
    }

    package func close() async {
        await servers.cluster.client.close()
        await ledger.close()
    }

    package func chunk(_ kind: CopyKind, after place: CopyPlace?) async throws(StoreError) -> CopyChunk? {
        switch kind {
        case .entries: try await entries(after: place)
        case .faults: try await faults(after: place)
        default: try await ledger.chunk(kind, after: place)
        }
    }

    // MARK: - Entries

    private func entries(after place: CopyPlace?) async throws(StoreError) -> CopyChunk? {
        let numbers = try place?.parts(numbers: 2).numbers ?? [0, .min]
        let (team, time) = (numbers[0], numbers[1])
        do throws(ClickHouseFailure) {
            let windows = try await windows()
            guard let index = windows.index(behind: team, time) else { return nil }
            let day = windows.days[index]
            let start = day.team == team ? time : .min
            let rows = state.withLock { $0.rowsOfChunk(range) }
            var window = windows.window(index, behind: start, rows: rows)
            if window == nil {
                window = CopyWindows.window(try await buckets(of: day), of: day, behind: start, rows: rows)
            }
            // A rest of a day without entries.
            guard var window else { return CopyChunk(.entries(CopiedEntries()), place: CopyPlace([day.team, day.to])) }
            while true {
                do throws(ClickHouseFailure) {
                    let entries = try await entries(in: window)
                    return CopyChunk(.entries(entries), place: CopyPlace([window.team, window.to]))
                } catch {
                    guard Self.isTooLong(error), window.to - window.from > 1 else { throw error }
                    window.to = window.from + (window.to - window.from) / 2
                }
            }
        } catch {
            throw StoreError(error)
        }
    }

    private func entries(in window: CopyWindow) async throws(ClickHouseFailure) -> CopiedEntries {
        var conditions = Conditions(team: window.team, ledger.snapshot)
        conditions.add(
            "log_time", from: Timestamp(microseconds: window.from), to: Timestamp(microseconds: window.to),
            servers.dialect)
        let place = "entries to copy"
        let answer = try await servers.cluster.read(
            "SELECT \(CopiedEntryRow.columns(servers.dialect)) FROM entries WHERE \(conditions.sql) FORMAT RowBinary",
            place, settings: ["max_result_bytes": "\(Self.bytesOfAnswer)"])
        var reader = RowBinaryReader(answer, place)
        var entries = CopiedEntries()
        while !reader.isAtEnd { try CopiedEntryRow.decode(&reader, into: &entries) }
        let bytes = entries.columns.byteCount
        state.withLock { state in
            state.rows += entries.count
            state.bytes += bytes
        }
        return entries
    }

    private func windows() async throws(ClickHouseFailure) -> CopyWindows {
        if let windows = state.withLock({ $0.windows }) { return windows }
        var days: [CopyWindows.Day] = []
        for team in ledger.teams {
            let conditions = Conditions(team: team, ledger.snapshot)
            days += try await servers.cluster.rows(
                """
                SELECT toInt64(intDiv(\(servers.dialect.microseconds("log_time")), \(Dialect.day))) AS day,
                    toInt64(count()) FROM entries WHERE \(conditions.sql) GROUP BY day ORDER BY day
                """, "days of entries"
            ) { row throws(ClickHouseFailure) in
                CopyWindows.Day(team: team, number: try row.integer(), rows: Int(try row.integer(Int64.self)))
            }
        }
        let windows = CopyWindows(days: days)
        state.withLock { $0.windows = windows }
        return windows
    }

    /// Pieces of a day, those that have many rows cut once more.
    private func buckets(of day: CopyWindows.Day) async throws(ClickHouseFailure) -> [CopyWindows.Bucket] {
        if let known = state.withLock({ $0.buckets }), known.day == day { return known.pieces }
        let most = state.withLock { $0.rowsOfChunk(range) }
        let whole = CopyWindows.Bucket(from: day.from, to: day.to, rows: day.rows)
        let pieces = try await pieces(of: whole, team: day.team, widths: Self.widths[...], most: most)
        state.withLock { $0.buckets = (day, pieces) }
        return pieces
    }

    private func pieces(
        of bucket: CopyWindows.Bucket, team: Int64, widths: ArraySlice<Int64>, most: Int
    ) async throws(ClickHouseFailure) -> [CopyWindows.Bucket] {
        guard bucket.rows > most, let width = widths.first else { return [bucket] }
        var conditions = Conditions(team: team, ledger.snapshot)
        conditions.add(
            "log_time", from: Timestamp(microseconds: bucket.from), to: Timestamp(microseconds: bucket.to),
            servers.dialect)
        let found = try await servers.cluster.rows(
            """
            SELECT toInt64(intDiv(\(servers.dialect.microseconds("log_time")), \(width))) AS piece, toInt64(count())
            FROM entries WHERE \(conditions.sql) GROUP BY piece ORDER BY piece
            """, "times of entries"
        ) { row throws(ClickHouseFailure) in
            let number: Int64 = try row.integer()
            return CopyWindows.Bucket(
                from: max(number * width, bucket.from), to: min((number + 1) * width, bucket.to),
                rows: Int(try row.integer(Int64.self)))
        }
        var pieces: [CopyWindows.Bucket] = []
        for piece in found {
            pieces += try await self.pieces(of: piece, team: team, widths: widths.dropFirst(), most: most)
        }
        return pieces
    }

    // MARK: - Faults

    private func faults(after place: CopyPlace?) async throws(StoreError) -> CopyChunk? {
        let (numbers, id) = try place?.parts(numbers: 2) ?? ([0, 0], [])
        let search = EntrySearch(
            cluster: servers.cluster, dialect: servers.dialect, snapshot: ledger.snapshot)
        do throws(ClickHouseFailure) {
            for team in ledger.teams where team >= numbers[0] {
                var query = FaultQuery(teamID: team, order: .oldestFirst, limit: Self.faultsOfChunk)
                if team == numbers[0], let id = EntryID(copied: id) {
                    query.after = PagePosition(time: Timestamp(microseconds: numbers[1]), id: id)
                }
                let faults = try await faults(query, search)
                guard let last = faults.last else { continue }
                return CopyChunk(
                    .faults(faults), place: CopyPlace([team, last.occurredAt.microseconds], last.id.copied))
            }
            return nil
        } catch {
            throw StoreError(error)
        }
    }

    /// The first of them, as many as an answer may have.
    private func faults(_ query: FaultQuery, _ search: EntrySearch) async throws(ClickHouseFailure) -> [RootFault] {
        var query = query
        while true {
            do throws(ClickHouseFailure) {
                return try await search.faults(query).rows
            } catch {
                guard Self.isTooLong(error), query.limit > 1 else { throw error }
                query.limit /= 2
            }
        }
    }

    private static func isTooLong(_ failure: ClickHouseFailure) -> Bool {
        failure.reason == .exception(tooLong) || failure.reason == .malformed
    }

    // MARK: - The whole

    package func logPosition() async throws(StoreError) -> [UInt8] {
        var texts: [String] = []
        do throws(ClickHouseFailure) {
            for table in [Tables.entries, Tables.faults] {
                texts += try await servers.cluster.rows(
                    "SELECT toInt64(count()), toInt64(sum(details_removed_at)) FROM \(table.name)", "its rows"
                ) { row throws(ClickHouseFailure) in
                    "\(try row.integer(Int64.self)) \(try row.integer(Int64.self))"
                }
            }
        } catch {
            throw StoreError(error)
        }
        return try await ledger.logPosition() + Array(texts.joined(separator: ";").utf8)
    }

    package func rowCount() async throws(StoreError) -> Int {
        let states = try await ledger.rowCount()
        do throws(ClickHouseFailure) {
            let faults = try await servers.cluster.rows("SELECT toInt64(count()) FROM faults", "root faults") {
                row throws(ClickHouseFailure) in Int(try row.integer(Int64.self))
            }
            return try await windows().days.reduce(states + (faults.first ?? 0)) { $0 + $1.rows }
        } catch {
            throw StoreError(error)
        }
    }

    /// Where an entry is by its id, and by its state, has to be what the entry says.
    package func contradictions() async throws(StoreError) -> [String] {
        let time = servers.dialect.microseconds("log_time")
        let hasState = "bitAnd(absent, \(EntryBlocks.absence(of: .stateID))) = 0"
        let pairs: [(table: Table, hash: String, condition: String)] = [
            (Tables.entriesByID, "cityHash64(id, \(time), toString(connector))", "1"),
            (Tables.entriesByState, "cityHash64(id, \(time), toString(connector), state_id)", hasState),
        ]
        var found: [String] = []
        do throws(ClickHouseFailure) {
            for pair in pairs {
                for team in ledger.teams {
                    let rows = try await sums(pair.hash, in: Tables.entries, team, and: pair.condition)
                    let others = try await sums(pair.hash, in: pair.table, team, and: "1")
                    for day in Set(rows.keys).union(others.keys).sorted() where rows[day] != others[day] {
                        let date = Timestamp(microseconds: day * Dialect.day).description.prefix(10)
                        found.append(
                            "\(pair.table.name) of team \(team), \(date): is not what the entries say")
                    }
                }
            }
        } catch {
            throw StoreError(error)
        }
        return found
    }

    private func sums(
        _ hash: String, in table: Table, _ team: Int64, and condition: String
    ) async throws(ClickHouseFailure) -> [Int64: [UInt64]] {
        var conditions = Conditions(team: team, ledger.snapshot)
        conditions.add(condition)
        let rows = try await servers.cluster.rows(
            """
            SELECT toInt64(intDiv(\(servers.dialect.microseconds("log_time")), \(Dialect.day))) AS day,
                toUInt64(count()), toUInt64(sum(\(hash))) FROM \(table.name) WHERE \(conditions.sql) GROUP BY day
            """, "a check of \(table.name)"
        ) { row throws(ClickHouseFailure) in
            (day: try row.integer(Int64.self), sums: [try row.integer(UInt64.self), try row.integer(UInt64.self)])
        }
        return Dictionary(rows.map { ($0.day, $0.sums) }) { first, _ in first }
    }
}

extension EntryID {
    /// 16 bytes, the most significant first.
    fileprivate var copied: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    fileprivate init?(copied bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
    }
}
