import ConnectorLogCore
import Synchronization

/// The search for one page, which one reader or two go through together: blocks in the order of the answer, until no block
/// that is left can hold a row that belongs on the page.
final class PageSearch: Sendable {
    struct Hit: Sendable {
        var time: Timestamp
        var id: EntryID
        var block: BlockSummary
        var row: Int
    }

    private struct State {
        /// Of the candidates, the one to be read next.
        var next = 0
        /// In the order of the page; one more than it holds tells whether there is a next one.
        var hits: [Hit] = []
        var readers = 0
        var isDone = false
    }

    let query: EntryQuery
    let filter: EntryFilter
    private let candidates: [BlockSummary]
    private let state = Mutex(State())

    init(_ query: EntryQuery, blocks: [BlockSummary]) {
        self.query = query
        let filter = EntryFilter(query)
        self.filter = filter
        let candidates = blocks.filter(filter.mayMatch)
        self.candidates =
            switch query.order {
            case .newestFirst: candidates.reversed()
            case .oldestFirst: candidates.sorted { $0.firstTime < $1.firstTime }
            }
    }

    /// Fewer blocks are read before a second reader has begun.
    private static let leastForTwo = 8

    /// Whether two readers are worth while.
    var isLong: Bool { query.readsDetail && candidates.count >= Self.leastForTwo }

    /// To be called by each reader before its first block; false when the page is found already.
    func begin() -> Bool {
        state.withLock { state in
            if state.isDone { return false }
            state.readers += 1
            return true
        }
    }

    /// The block to read next; nil when no other can hold a row of the page.
    func next() -> BlockSummary? {
        state.withLock { state in
            guard state.next < candidates.count else { return nil }
            let candidate = candidates[state.next]
            if state.hits.count > query.limit, isBehind(candidate, state.hits[state.hits.count - 1].time) { return nil }
            state.next += 1
            return candidate
        }
    }

    func add(_ found: [Hit]) {
        state.withLock { state in
            state.hits += found
            state.hits.sort { a, b in
                switch query.order {
                case .newestFirst: (a.time, a.id) > (b.time, b.id)
                case .oldestFirst: (a.time, a.id) < (b.time, b.id)
                }
            }
            let most = query.limit + 1
            if state.hits.count > most { state.hits.removeLast(state.hits.count - most) }
        }
    }

    /// To be called by each reader when `next` has ended; nil while another one still reads.
    func end() -> (hits: ArraySlice<Hit>, next: PagePosition?)? {
        state.withLock { state in
            state.readers -= 1
            guard state.readers == 0 else { return nil }
            state.isDone = true
            let page = state.hits.prefix(query.limit)
            let hasNext = state.hits.count > query.limit
            return (page, hasNext ? page.last.map { PagePosition(time: $0.time, id: $0.id) } : nil)
        }
    }

    /// Whether all of the block lies behind the last row that the page needs. A block at the very instant may hold a row
    /// with a smaller id.
    private func isBehind(_ block: BlockSummary, _ last: Timestamp) -> Bool {
        switch query.order {
        case .newestFirst: block.lastTime < last.microseconds
        case .oldestFirst: block.firstTime > last.microseconds
        }
    }
}
