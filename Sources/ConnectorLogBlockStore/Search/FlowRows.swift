import ConnectorLogCore
import GRDB

/// The flows of a team with their states counted, over table `flow_state`.
///
/// The team's rows are read in the order in which they lie, which is several times as fast as to look up those that an index
/// names, and as to compute times in SQL.
struct FlowRows {
    let db: Database
    let query: FlowQuery

    /// What rows say of a flow.
    private struct Flow {
        /// By the numbers of statuses.
        var states = SIMD4<Int>(repeating: 0)
        var lastActionAt = Int64.min
        var name = FlowName()
    }

    func page() throws -> NamedPage<FlowSummary> {
        let rows = FlowNameRows(db: db)
        let pattern = query.search.map(FlowStateRows.pattern)
        let (condition, arguments) = FlowStateRows.range(from: query.from, to: query.to)
        let flows = try flowsByNumber().filter { $0.value.lastActionAt <= query.after?.time.microseconds ?? .max }
            .sorted { $0.value.lastActionAt > $1.value.lastActionAt }
        var found: [FlowSummary] = []
        // Texts are looked up for as long as the page has room: a sender may give each state a flow of its own.
        var at = 0
        while at < flows.count, found.count <= query.limit {
            for (id, number, flow) in try ofOneTime(flows[at...], rows) {
                at += 1
                if let after = query.after, !isBehind(after, flow.lastActionAt, id) { continue }
                if found.count > query.limit { continue }
                let name = try rows.name(flow.name, flow: number, team: query.teamID, condition, arguments)
                if let pattern, try !rows.isLike(pattern, id), try !rows.isLike(pattern, name) { continue }
                found.append(summary(id: id, name: name, flow))
            }
        }
        let page = Array(found.prefix(query.limit))
        let next = page.last.map { NamedPosition(time: $0.lastActionAt, name: $0.flowID) }
        return NamedPage(rows: page, next: found.count > query.limit ? next : nil)
    }

    /// The first flows, as many as share their last action, by their ids.
    private func ofOneTime(
        _ flows: ArraySlice<(key: Int64, value: Flow)>, _ rows: FlowNameRows
    ) throws -> [(id: String, number: Int64, flow: Flow)] {
        let time = flows.first?.value.lastActionAt
        return try flows.prefix { $0.value.lastActionAt == time }.map { number, flow in
            guard let id = try rows.text(number) else { throw BlockError(.value, "a flow state") }
            return (id, number, flow)
        }.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    private func isBehind(_ place: NamedPosition, _ lastActionAt: Int64, _ id: String) -> Bool {
        let time = place.time.microseconds
        return lastActionAt < time
            || lastActionAt == time && place.name.utf8.lexicographicallyPrecedes(id.utf8)
    }

    private func summary(id: String, name: String?, _ flow: Flow) -> FlowSummary {
        func count(_ status: FlowState.Status) -> Int { flow.states[Int(status.number)] }
        return FlowSummary(
            flowID: id, flowName: name, inProgress: count(.inProgress), done: count(.done), failed: count(.failed),
            expired: count(.expired), lastActionAt: Timestamp(microseconds: flow.lastActionAt))
    }

    /// By their numbers.
    private func flowsByNumber() throws -> [Int64: Flow] {
        let (from, to) = (query.from?.microseconds ?? .min, query.to?.microseconds ?? .max)
        let statement = try DirectStatement(
            """
            SELECT flow, active_hour, last_action, status, name FROM flow_state NOT INDEXED
            WHERE team_id = ? AND flow IS NOT NULL AND active_hour >= ?
            """, in: db)
        statement.bind(query.teamID, at: 1)
        statement.bind(max(0, from) / FlowStateTable.hour, at: 2)
        defer { statement.reset() }
        var numbers: [Int64: Int] = [:]
        var flows: [Flow] = []
        while try statement.step() {
            guard let number = statement.integer(0), let hour = statement.integer(1),
                let lastAction = statement.integer(2), let status = statement.integer(3),
                status >= 0, status < FlowState.Status.allCases.count
            else { throw BlockError(.value, "a flow state") }
            let lastActionAt = hour &* FlowStateTable.hour &+ ShortTime.decode(lastAction)
            guard lastActionAt >= from, lastActionAt < to else { continue }
            let index = numbers[number] ?? flows.count
            if index == flows.count {
                numbers[number] = index
                flows.append(Flow())
            }
            flows[index].states[Int(status)] += 1
            flows[index].lastActionAt = max(flows[index].lastActionAt, lastActionAt)
            if let name = statement.integer(4) { flows[index].name.note(name, at: lastActionAt) }
        }
        return numbers.mapValues { flows[$0] }
    }
}
