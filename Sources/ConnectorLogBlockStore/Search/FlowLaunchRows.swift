import ConnectorLogCore
import GRDB

/// Counts over table `flow_state` by the time of creation.
///
/// The team's rows are read in the order in which they lie, which is several times as fast as to look up those that an index
/// names, and as to compute times in SQL.
struct FlowLaunchRows {
    let db: Database
    let query: LaunchQuery

    /// What rows say of a flow.
    private struct Flow {
        /// Nil for flows that are met when there are many already.
        var launches: [Int]?
        var total = 0
        var name = FlowName()
    }

    func launches() throws -> [FlowLaunches] {
        guard query.buckets.count > 0 else { return [] }
        let rows = FlowNameRows(db: db)
        let flows = try flows().map { number, flow in
            guard let id = try rows.text(number) else { throw BlockError(.value, "a flow state") }
            return (number: number, id: id, flow: flow)
        }.sorted { a, b in
            a.flow.total == b.flow.total
                ? a.id.utf8.lexicographicallyPrecedes(b.id.utf8) : a.flow.total > b.flow.total
        }
        let pattern = query.search.map(FlowStateRows.pattern)
        var found: [FlowLaunches] = []
        for (number, id, flow) in flows {
            if found.count >= query.limit { break }
            let name = try rows.name(
                flow.name, flow: number, team: query.teamID, "AND created_at >= ? AND created_at < ?",
                [query.buckets.from.microseconds, query.buckets.to.microseconds])
            if let pattern, try !rows.isLike(pattern, id), try !rows.isLike(pattern, name) { continue }
            let launches = try flow.launches ?? launches(ofFlow: number)
            found.append(FlowLaunches(flowID: id, flowName: name, launches: launches))
        }
        return found
    }

    /// So many flows are counted by bucket in the first pass: a sender may give each state a flow of its own.
    private static let flowsAtOnce = 2000

    /// One flow's alone.
    private func launches(ofFlow number: Int64) throws -> [Int] {
        var finder = BucketFinder(query.buckets)
        var launches = [Int](repeating: 0, count: query.buckets.count)
        let statement = try DirectStatement(
            "SELECT active_hour, last_action, created FROM flow_state WHERE team_id = ? AND flow = ?", in: db)
        statement.bind(query.teamID, at: 1)
        statement.bind(number, at: 2)
        defer { statement.reset() }
        while try statement.step() {
            guard let hour = statement.integer(0), let lastAction = statement.integer(1),
                let created = statement.integer(2)
            else { throw BlockError(.value, "a flow state") }
            let lastActionAt = hour &* FlowStateTable.hour &+ ShortTime.decode(lastAction)
            if let bucket = finder.bucket(of: lastActionAt &- ShortTime.decode(created)) { launches[bucket] += 1 }
        }
        return launches
    }

    /// By their numbers.
    private func flows() throws -> [Int64: Flow] {
        let buckets = query.buckets
        var finder = BucketFinder(buckets)
        // Nothing is created behind its last action, but for states whose sender says so.
        let statement = try DirectStatement(
            """
            SELECT flow, active_hour, last_action, created, name FROM flow_state NOT INDEXED
            WHERE team_id = ? AND flow IS NOT NULL AND (active_hour >= ? OR created < 0)
            """, in: db)
        statement.bind(query.teamID, at: 1)
        statement.bind(buckets.from.microseconds / FlowStateTable.hour, at: 2)
        defer { statement.reset() }
        var numbers: [Int64: Int] = [:]
        var flows: [Flow] = []
        while try statement.step() {
            guard let flow = statement.integer(0), let hour = statement.integer(1),
                let lastAction = statement.integer(2), let created = statement.integer(3)
            else { throw BlockError(.value, "a flow state") }
            let lastActionAt = hour &* FlowStateTable.hour &+ ShortTime.decode(lastAction)
            guard let bucket = finder.bucket(of: lastActionAt &- ShortTime.decode(created)) else { continue }
            let index = numbers[flow] ?? flows.count
            if index == flows.count {
                numbers[flow] = index
                let hasRoom = index < Self.flowsAtOnce
                flows.append(Flow(launches: hasRoom ? Array(repeating: 0, count: buckets.count) : nil))
            }
            flows[index].launches?[bucket] += 1
            flows[index].total += 1
            if let name = statement.integer(4) { flows[index].name.note(name, at: lastActionAt) }
        }
        return numbers.mapValues { flows[$0] }
    }
}
