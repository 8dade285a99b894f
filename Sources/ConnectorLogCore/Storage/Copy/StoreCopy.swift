internal import Crypto

/// Copies one store into another, empty one: kind by kind, chunk by chunk, each with its place. A copy that was cut short goes
/// on behind the last chunk that the target has. In the end both are read and compared (docs/adr/0015).
package struct StoreCopy: Sendable {
    /// What is told meanwhile.
    package struct Step: Sendable {
        package enum Phase: Sendable {
            case copying, comparing
        }

        package var phase: Phase
        package var kind: CopyKind
        /// Rows that are done, of `total`, about.
        package var rows: Int
        package var total: Int
    }

    package struct Summary: Sendable {
        /// Rows of each kind in the copy.
        package var rows: [CopyKind: Int] = [:]
        /// Those that this run copied.
        package var copied = 0
        /// Where it began: 0, or what an earlier run had copied.
        package var resumedAt = 0
        /// An earlier run had finished it.
        package var wasFinished = false
    }

    /// Changes when chunks or places change: copies of another version are not resumed.
    private static let version: UInt8 = 1

    let source: any CopySource
    let target: any CopyTarget
    /// Reads the copy back.
    let readBack: @Sendable () async throws(StoreError) -> any CopySource
    let sealing: (any CopySealing)?
    let now: @Sendable () -> Timestamp
    let report: @Sendable (Step) -> Void

    package init(
        from source: any CopySource, to target: any CopyTarget,
        readBack: @escaping @Sendable () async throws(StoreError) -> any CopySource, sealing: (any CopySealing)?,
        now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (Step) -> Void
    ) {
        (self.source, self.target, self.readBack, self.sealing) = (source, target, readBack, sealing)
        (self.now, self.report) = (now, report)
    }

    package func run() async throws(CopyFailure) -> Summary {
        do {
            return try await runToEnd()
        } catch {
            // What was under way when the task was cancelled fails in its own way.
            guard Task.isCancelled else { throw error }
            throw CopyFailure(.stopped)
        }
    }

    private func runToEnd() async throws(CopyFailure) -> Summary {
        let position = try await position()
        var progress = try await begin(position)
        var summary = Summary()
        summary.resumedAt = progress.rows
        guard progress.finishedAt == nil else {
            summary.wasFinished = true
            return summary
        }
        try await copyRows(&progress)
        summary.copied = progress.rows - summary.resumedAt
        guard try await self.position() == position else { throw CopyFailure(.sourceChanged) }
        let copy = try await Self.reading(.target, readBack)
        let comparison = CopyComparison(source: source, copy: copy, sealing: sealing, report: report)
        let result: Result<[CopyKind: Int], CopyFailure>
        do throws(CopyFailure) { result = .success(try await comparison.run()) } catch { result = .failure(error) }
        await copy.close()
        summary.rows = try result.get()
        progress.finishedAt = now()
        try await write(nil, progress)
        return summary
    }

    // MARK: - Beginning

    /// What tells the source from itself at another time: all that is small, and what the source says of the rest.
    private func position() async throws(CopyFailure) -> [UInt8] {
        var digests = CopyDigests(.source, sealing: nil)
        let small: [CopyKind] = [
            .teams, .keys, .connectors, .secrets, .sealedKeys, .rules, .audit, .erasures, .parts,
        ]
        for kind in small {
            var place: CopyPlace?
            while let chunk = try await Self.chunk(kind, after: place, of: source).source() {
                try digests.add(chunk.rows, .source)
                place = chunk.place
                if Task.isCancelled { throw CopyFailure(.stopped) }
            }
        }
        var hash = SHA256()
        hash.update(data: [Self.version])
        for (group, digest) in digests.groups.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Array("\(group.kind.rawValue) \(group.teamID ?? 0) ".utf8) + digest.bytes)
        }
        let source = source
        let log = try await Self.reading(.source) { () async throws(StoreError) in try await source.logPosition() }
        hash.update(data: log)
        return Array(hash.finalize())
    }

    private func begin(_ position: [UInt8]) async throws(CopyFailure) -> CopyProgress {
        let known: CopyProgress?
        do throws(StoreError) { known = try await target.progress() } catch { throw CopyFailure(.target(error)) }
        if let known {
            if known.source == position { return known }
            throw CopyFailure(known.finishedAt == nil ? .sourceChanged : .occupied)
        }
        let progress = CopyProgress(source: position, startedAt: now(), kind: .teams)
        do throws(StoreError) {
            try await target.begin(progress)
        } catch {
            throw CopyFailure(error.code == .conflict ? .occupied : .target(error))
        }
        return progress
    }

    // MARK: - Rows

    private func copyRows(_ progress: inout CopyProgress) async throws(CopyFailure) {
        let source = source
        let total = try await Self.reading(.source) { () async throws(StoreError) in try await source.rowCount() }
        while let kind = progress.kind {
            var following = await Self.chunk(kind, after: progress.place, of: source)
            while let chunk = try following.source() {
                if Task.isCancelled { throw CopyFailure(.stopped) }
                progress.place = chunk.place
                progress.rows += chunk.rows.count
                // The next one is read while this one is written.
                async let next = Self.chunk(kind, after: chunk.place, of: source)
                try await write(try resealed(chunk.rows), progress)
                report(Step(phase: .copying, kind: kind, rows: progress.rows, total: max(total, progress.rows)))
                following = await next
            }
            if Task.isCancelled { throw CopyFailure(.stopped) }
            (progress.kind, progress.place) = (kind.next, nil)
            try await write(nil, progress)
        }
    }

    private func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(CopyFailure) {
        do throws(StoreError) { try await target.write(rows, progress) } catch { throw CopyFailure(.target(error)) }
    }

    private func resealed(_ rows: CopiedRows) throws(CopyFailure) -> CopiedRows {
        guard let sealing else { return rows }
        do throws(StoreError) {
            switch rows {
            case .secrets(var secrets):
                for index in secrets.indices {
                    secrets[index].sealedValue = try sealing.resealed(.secret(secrets[index]))
                }
                return .secrets(secrets)
            case .sealedKeys(var keys):
                for index in keys.indices { keys[index].sealed = try sealing.resealed(.key(keys[index])) }
                return .sealedKeys(keys)
            default: return rows
            }
        } catch {
            throw CopyFailure(.sealing(error))
        }
    }

    // MARK: - Reading

    /// Pauses between tries to read what a database was too busy for, in seconds.
    private static let pauses: [Int64] = [1, 2, 4, 8, 15, 30, 30, 30]

    static func chunk(
        _ kind: CopyKind, after place: CopyPlace?, of store: any CopySource
    ) async -> Result<CopyChunk?, StoreError> {
        await trying { () async throws(StoreError) in try await store.chunk(kind, after: place) }
    }

    private static func trying<Value: Sendable>(
        _ read: () async throws(StoreError) -> Value
    ) async -> Result<Value, StoreError> {
        var pauses = pauses[...]
        while true {
            do throws(StoreError) {
                return .success(try await read())
            } catch {
                guard error.code == .overloaded, !Task.isCancelled, let pause = pauses.popFirst() else {
                    return .failure(error)
                }
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }

    static func reading<Value: Sendable>(
        _ side: CopySide, _ read: @Sendable () async throws(StoreError) -> Value
    ) async throws(CopyFailure) -> Value {
        let result = await trying(read)
        return side == .source ? try result.source() : try result.target()
    }
}

extension Result where Failure == StoreError {
    func source() throws(CopyFailure) -> Success {
        do throws(StoreError) { return try get() } catch { throw CopyFailure(.source(error)) }
    }

    func target() throws(CopyFailure) -> Success {
        do throws(StoreError) { return try get() } catch { throw CopyFailure(.target(error)) }
    }
}

extension CopyDigests {
    mutating func add(_ rows: CopiedRows, _ side: CopySide) throws(CopyFailure) {
        do throws(StoreError) { try add(rows) } catch { throw CopyFailure(.sealing(error)) }
    }
}
