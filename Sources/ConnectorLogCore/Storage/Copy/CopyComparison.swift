/// Reads two stores whole, side by side, and compares them group by group.
package struct CopyComparison: Sendable {
    let source: any CopySource
    let copy: any CopySource
    let sealing: (any CopySealing)?
    let report: @Sendable (StoreCopy.Step) -> Void

    package init(
        source: any CopySource, copy: any CopySource, sealing: (any CopySealing)?,
        report: @escaping @Sendable (StoreCopy.Step) -> Void
    ) {
        (self.source, self.copy, self.sealing, self.report) = (source, copy, sealing, report)
    }

    /// Returns the rows of each kind. Throws `different` and `contradictory`.
    package func run() async throws(CopyFailure) -> [CopyKind: Int] {
        do {
            return try await compare()
        } catch {
            guard Task.isCancelled else { throw error }
            throw CopyFailure(.stopped)
        }
    }

    private func compare() async throws(CopyFailure) -> [CopyKind: Int] {
        let (source, copy) = (source, copy)
        let total = try await StoreCopy.reading(.source) { () async throws(StoreError) in try await source.rowCount() }
        async let sources = digests(.source, total: total)
        async let copies = digests(.target, total: total)
        let results = await (sources, copies)
        let (wanted, found) = (try results.0.get(), try results.1.get())
        var differences: [CopyDifference] = []
        for group in Set(wanted.keys).union(found.keys).sorted() {
            let (one, other) = (wanted[group] ?? CopyDigest(), found[group] ?? CopyDigest())
            if one != other { differences.append(CopyDifference(group, source: one.count, target: other.count)) }
        }
        guard differences.isEmpty else { throw CopyFailure(.different(differences)) }
        let contradictions = try await StoreCopy.reading(.target) { () async throws(StoreError) in
            try await copy.contradictions()
        }
        guard contradictions.isEmpty else { throw CopyFailure(.contradictory(contradictions)) }
        var rows: [CopyKind: Int] = [:]
        for (group, digest) in found { rows[group.kind, default: 0] += digest.count }
        return rows
    }

    private func digests(
        _ side: CopySide, total: Int
    ) async -> Result<[CopyGroup: CopyDigest], CopyFailure> {
        let store = side == .source ? source : copy
        var digests = CopyDigests(side, sealing: sealing)
        var rows = 0
        do throws(CopyFailure) {
            for kind in CopyKind.allCases where kind != .numbers {
                var following = await StoreCopy.chunk(kind, after: nil, of: store)
                while true {
                    guard let chunk = side == .source ? try following.source() : try following.target() else { break }
                    if Task.isCancelled { throw CopyFailure(.stopped) }
                    async let next = StoreCopy.chunk(kind, after: chunk.place, of: store)
                    try digests.add(chunk.rows, side)
                    rows += chunk.rows.count
                    // The two go side by side: one of them tells.
                    if side == .target {
                        report(
                            StoreCopy.Step(
                                phase: .comparing, kind: kind, rows: rows, total: max(total, rows)))
                    }
                    following = await next
                }
            }
            return .success(digests.groups)
        } catch {
            return .failure(error)
        }
    }
}
