package import ConnectorLogCore

/// What `LogReader` says of many records at once.
extension BlockStore {
    /// Fewer blocks are read by one reader alone.
    private static let leastForTwoReaders = 8

    package func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] {
        guard !catalog.isDeleted(team: query.teamID) else { return [] }
        await writeStates()
        return try await catalog.read { db in try FlowLaunchRows(db: db, query: query).launches() }
    }

    package func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] {
        guard !catalog.isDeleted(team: query.teamID) else { return Array(repeating: 0, count: query.buckets.count) }
        return try await catalog.read { [encoder, logger] db in
            try FaultRows(db: db, zstandard: encoder.zstandard, logger: logger).counts(query)
        }
    }

    package func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        let isDeleted = catalog.isDeleted(team: query.teamID)
        return try await leasing { blocks in
            let counter = CallCounter(query, blocks: isDeleted ? [] : blocks)
            let parts = try await byReaders(counter.queue.count) { try counter.read(by: $0) }
            var sum = CallTallies(query.buckets)
            for part in parts { sum.add(part) }
            return sum.statistics
        }
    }

    package func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts {
        let isDeleted = catalog.isDeleted(team: query.entries.teamID)
        let isSlow = query.entries.mayReadAll || query.entries.readsDetail
        if isSlow { try await slowSearches.acquire() }
        defer { if isSlow { slowSearches.release() } }
        return try await leasing { blocks in
            let counter = EntryCounter(query, blocks: isDeleted ? [] : blocks)
            return counter.sum(of: try await byReaders(counter.queue.count) { try counter.read(by: $0) })
        }
    }

    /// What one reader makes of so many blocks, or what two do that share them, while nobody else searches so.
    private func byReaders<Part: Sendable>(
        _ blocks: Int, _ body: @escaping @Sendable (EntrySearch) throws -> Part
    ) async throws -> [Part] {
        guard blocks >= Self.leastForTwoReaders, slowSearches.acquireIfFree() else { return [try await read(body)] }
        defer { slowSearches.release() }
        async let one = read(body)
        async let other = read(body)
        return try await [one, other]
    }

    private func leasing<Value: Sendable>(
        _ body: ([BlockSummary]) async throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await directory.withLease(body)
        } catch {
            throw StoreError(reading: error)
        }
    }
}
