package import ConnectorLogCore

/// What of a flow state came in behind a place, in the order of arrival: ids rise with commits, while a call that took long
/// comes in behind later ones with an earlier time.
package struct LiveFeed: Sendable {
    package struct News: Sendable {
        package var state: FlowState
        /// By time, oldest first.
        package var entries: [EntrySummary]
        package var faults: [RootFault]
        /// More came in than one look reads, or rows that it does not find: the page has to be loaded again.
        package var isCut: Bool

        package init(state: FlowState, entries: [EntrySummary], faults: [RootFault], isCut: Bool) {
            (self.state, self.entries, self.faults, self.isCut) = (state, entries, faults, isCut)
        }
    }

    /// Rows read at once, the newest first; the next are only read when one of them was new.
    private static let page = 200
    /// They come with their bodies.
    private static let faultPage = 50
    /// Rows that one look reads at most.
    package static let mostRows = 1000

    private let reader: any LogReader
    private let team: Int64
    private let stateID: String
    private let failedOnly: Bool
    /// Everything up to it is known.
    package private(set) var place: LivePlace
    /// Calls behind the place that were told of nevertheless.
    private var told: Set<EntryID> = []
    private var seen: FlowState?
    /// Calls and faults of the state that are accounted for, by its counts; nil until a look at which none came in.
    private var known: (calls: Int, faults: Int)?

    package init(reader: any LogReader, team: Int64, stateID: String, failedOnly: Bool, place: LivePlace) {
        (self.reader, self.team, self.stateID, self.failedOnly) = (reader, team, stateID, failedOnly)
        self.place = place
    }

    /// The place behind what a state holds now.
    package static func place(
        reader: any LogReader, state: FlowState, failedOnly: Bool
    ) async throws -> LivePlace {
        var place = LivePlace.start
        let feed = LiveFeed(
            reader: reader, team: state.teamID, stateID: state.stateID, failedOnly: failedOnly, place: place)
        let entries = state.calls > 0 ? try await reader.entries(feed.entryQuery).rows.map(\.id) : []
        let faults = state.faults > 0 ? try await reader.faults(feed.faultQuery).rows.map(\.id) : []
        place.entries = entries.max() ?? place.entries
        place.faults = faults.max() ?? place.faults
        return place
    }

    /// Nil when the state is gone. Rows are read only where the state's counts have changed since the last look.
    package mutating func news() async throws -> News? {
        // The counts first: what is stored meanwhile changes them, and is looked for once more.
        guard let state = try await reader.state(team: team, id: stateID) else { return nil }
        var news = News(state: state, entries: [], faults: [], isCut: false)
        if calls(state) != seen.map(calls) { try await addEntries(to: &news) }
        if state.faults != seen?.faults, state.faults > 0 { try await addFaults(to: &news) }
        seen = state
        try await account(for: &news)
        return news
    }

    /// A row that comes in late stands behind rows that are old already, where no look finds it: the counts know of it. Rows
    /// that came in after the counts were read are told of before they count, so that only the sums can be compared.
    private mutating func account(for news: inout News) async throws {
        let counts = (calls: calls(news.state), faults: news.state.faults)
        guard let known else {
            let now = try await reader.state(team: team, id: stateID)
            if let now, (calls(now), now.faults) == counts { self.known = counts }
            return
        }
        let told = (calls: known.calls + news.entries.count, faults: known.faults + news.faults.count)
        // Until a later look finds them: further pages are read where the first has something new.
        news.isCut = news.isCut || told.calls < counts.calls || told.faults < counts.faults
        self.known = told
    }

    private func calls(_ state: FlowState) -> Int { failedOnly ? state.failedCalls : state.calls }

    private mutating func addEntries(to news: inout News) async throws {
        var query = entryQuery
        var next = place.entries
        var isFirst = true
        while true {
            let page = try await reader.entries(query)
            let fresh = page.rows.filter { $0.id > place.entries && !told.contains($0.id) }
            news.entries += fresh
            // Of what is stored while further pages are read, part may belong to this one: only what was there when the
            // first was read is known whole.
            if isFirst { next = max(next, page.rows.map(\.id).max() ?? next) }
            isFirst = false
            guard !fresh.isEmpty, let after = page.next else { break }
            guard news.entries.count < Self.mostRows else {
                news.isCut = true
                break
            }
            query.after = after
        }
        place.entries = next
        told.formUnion(news.entries.map(\.id))
        told = told.filter { $0 > next }
        news.entries.reverse()
    }

    private mutating func addFaults(to news: inout News) async throws {
        let faults = try await reader.faults(faultQuery).rows.filter { $0.id > place.faults }
        news.isCut = news.isCut || faults.count == Self.faultPage
        news.faults = faults.reversed()
        place.faults = max(place.faults, faults.map(\.id).max() ?? place.faults)
    }

    private var entryQuery: EntryQuery {
        var query = EntryQuery(teamID: team, order: .newestFirst, limit: Self.page)
        query.stateID = stateID
        query.outcome = failedOnly ? .failed : nil
        return query
    }

    private var faultQuery: FaultQuery {
        var query = FaultQuery(teamID: team, order: .newestFirst, limit: Self.faultPage)
        query.stateID = stateID
        return query
    }
}
