import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

/// Searches that two readers go through together.
@Suite struct PageSearchTests {
    /// Twelve blocks of one team.
    private func fill(_ store: BlockStore, _ start: Timestamp) async throws {
        let entries = Fixtures.entries(12 * 256, from: start, teams: 1)
        for first in stride(from: 0, to: entries.count, by: 256) {
            _ = try await store.append(Fixtures.batch(Array(entries[first..<first + 256])), idempotency: nil)
        }
    }

    @Test(arguments: [PageOrder.newestFirst, .oldestFirst])
    func aSearchByTwoReadersFindsWhatOneFinds(_ order: PageOrder) async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            var query = EntryQuery(teamID: 1, order: order, limit: 1000)
            query.text = "/orders/11"
            let expected = (0..<3072).filter { "\($0)".hasPrefix("11") }.count
            let whole = try await store.entries(query)
            #expect(whole.rows.count == expected)
            #expect(whole.next == nil)
            let times = whole.rows.map(\.logTime)
            #expect(times == (order == .newestFirst ? times.sorted(by: >) : times.sorted()))
            // Page by page, as many readers as there are asking at once.
            query.limit = 7
            try await withThrowingTaskGroup(of: [EntrySummary].self) { [query] group in
                for _ in 0..<4 {
                    group.addTask {
                        var (query, rows) = (query, [EntrySummary]())
                        repeat {
                            let page = try await store.entries(query)
                            rows += page.rows
                            query.after = page.next
                        } while query.after != nil
                        return rows
                    }
                }
                for try await rows in group { #expect(rows == whole.rows) }
            }
        }
    }

    @Test func theReaderThatIsDoneLastGetsThePage() {
        let search = PageSearch(EntryQuery(teamID: 1), blocks: [])
        #expect(search.begin())
        #expect(search.begin())
        #expect(search.next() == nil)
        #expect(search.end() == nil)
        #expect(search.end() != nil)
        // One that comes too late has nothing to do.
        #expect(!search.begin())
    }
}
