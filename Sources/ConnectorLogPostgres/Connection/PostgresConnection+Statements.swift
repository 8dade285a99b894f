import CPostgres
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PostgresConnection {
    // MARK: - What is asked

    /// The rows of an answer.
    func query<Value>(
        _ sql: String, _ values: [PostgresValue] = [], at place: String = #function,
        _ read: (PostgresRow) throws -> Value
    ) throws -> [Value] {
        let result = try run(sql, values, place)
        defer { PQclear(result) }
        return try (0..<PQntuples(result)).map { try read(PostgresRow(result: result, row: $0, place: place)) }
    }

    /// The first row of an answer; nil when there is none.
    func first<Value>(
        _ sql: String, _ values: [PostgresValue] = [], at place: String = #function,
        _ read: (PostgresRow) throws -> Value
    ) throws -> Value? {
        let result = try run(sql, values, place)
        defer { PQclear(result) }
        return PQntuples(result) > 0 ? try read(PostgresRow(result: result, row: 0, place: place)) : nil
    }

    /// - Returns: how many rows were inserted, changed or deleted.
    @discardableResult
    func execute(
        _ sql: String, _ values: [PostgresValue] = [], at place: String = #function
    ) throws(PostgresError) -> Int {
        let result = try run(sql, values, place)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    /// Statements without parameters.
    /// - Returns: the tag of the last (`COMMIT`).
    @discardableResult
    func command(_ sql: String, at place: String) throws(PostgresError) -> String {
        let result = try answer(to: PQsendQuery(handle, sql), place)
        defer { PQclear(result) }
        return String(cString: PQcmdStatus(result))
    }

    private func run(
        _ sql: String, _ values: [PostgresValue], _ place: String
    ) throws(PostgresError) -> OpaquePointer {
        let name = try name(of: sql, values, place)
        // One byte more: also an empty value has a place.
        var buffer: [UInt8] = []
        var offsets: [Int] = []
        for value in values {
            offsets.append(buffer.count)
            value.append(to: &buffer)
        }
        let ends = offsets.dropFirst() + [buffer.count]
        let lengths = zip(offsets, ends).map { Int32($1 - $0) }
        buffer.append(0)
        let sent = buffer.withUnsafeBytes { bytes in
            let pointers = zip(values, offsets).map { value, offset in
                value.isNull ? nil : bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            let formats = [Int32](repeating: 1, count: values.count)
            return PQsendQueryPrepared(handle, name, Int32(values.count), pointers, lengths, formats, 1)
        }
        return try answer(to: sent, place)
    }

    private func name(of sql: String, _ values: [PostgresValue], _ place: String) throws(PostgresError) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        PQclear(try answer(to: PQsendPrepare(handle, name, sql, Int32(values.count), values.map(\.type)), place))
        prepared[sql] = name
        return name
    }

    // MARK: - What is answered

    /// The last result of what was sent.
    private func answer(to sent: Int32, _ place: String) throws(PostgresError) -> OpaquePointer {
        guard sent == 1 else { throw lost(place) }
        let deadline = DispatchTime.now() + .milliseconds(Int(answerMilliseconds))
        try flush(by: deadline, place)
        var last: OpaquePointer?
        var failure: PostgresError?
        while true {
            do throws(PostgresError) { try waitForResult(by: deadline, place) } catch {
                PQclear(last)
                throw error
            }
            guard let result = PQgetResult(handle) else { break }
            PQclear(last)
            last = result
            let status = PQresultStatus(result)
            if status != PGRES_TUPLES_OK, status != PGRES_COMMAND_OK, status != PGRES_EMPTY_QUERY, failure == nil {
                failure = self.failure(result, place)
            }
        }
        if PQstatus(handle) != CONNECTION_OK {
            PQclear(last)
            throw lost(place)
        }
        if let failure {
            PQclear(last)
            throw failure
        }
        guard let last else { throw lost(place) }
        return last
    }

    private func lost(_ place: String) -> PostgresError {
        markBroken()
        return PostgresError(.broken, at: place)
    }

    private func failure(_ result: OpaquePointer, _ place: String) -> PostgresError {
        func field(_ code: Character) -> String? {
            guard let code = code.asciiValue, let text = PQresultErrorField(result, Int32(code)) else { return nil }
            return String(cString: text)
        }
        guard let state = field("C") else { return lost(place) }
        // The server stops, or has become a replica: the next connection may find another.
        if ["57P01", "57P02", "57P03", "25006"].contains(state) { markBroken() }
        return PostgresError(.refused(state: state, constraint: field("n")), at: place)
    }

    private func flush(by deadline: DispatchTime, _ place: String) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // The server may want to be read before it reads on.
                try wait(for: Int16(POLLIN | POLLOUT), by: deadline, place)
                guard PQconsumeInput(handle) == 1 else { throw lost(place) }
            default: throw lost(place)
            }
        }
    }

    private func waitForResult(by deadline: DispatchTime, _ place: String) throws(PostgresError) {
        while PQisBusy(handle) == 1 {
            try wait(for: Int16(POLLIN), by: deadline, place)
            // An end of the connection is told by the result.
            if PQconsumeInput(handle) != 1 { return }
        }
    }

    private func wait(for events: Int16, by deadline: DispatchTime, _ place: String) throws(PostgresError) {
        while true {
            let now = DispatchTime.now()
            guard now < deadline else { throw lost(place) }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let count = poll(&descriptor, 1, Int32(clamping: left))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw lost(place) }
        }
    }
}
