import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite struct FlowStateDeltasTests {
    private func columns(_ rows: [(team: Int64, state: String?, time: Int64, name: String?)]) -> EntryColumns {
        var columns = EntryColumns()
        for row in rows {
            columns.teamIDs.append(row.team)
            columns.logTimes.append(row.time)
            columns.outcomes.append(row.time % 2 == 0 ? Outcome.failed.rawValue : 0)
            columns[.stateID].append(row.state)
            columns[.flowID].append("flow")
            columns[.flowName].append(row.name)
            columns[.flowVersion].appendNull()
        }
        return columns
    }

    @Test func aStateSaysWhatItsLatestEntrySays() throws {
        let deltas = FlowStateDeltas(
            columns([(1, "a", 5, "old"), (1, "a", 4, "new"), (1, "a", 7, nil), (2, "a", 9, nil), (1, nil, 1, nil)]))
        let state = try #require(deltas[FlowStateKey(teamID: 1, stateID: "a")])
        #expect(state.flowName == "new")
        #expect(state.flowID == "flow")
        #expect(state.flowVersion == nil)
        #expect((state.calls, state.failedCalls, state.faults) == (3, 1, 0))
        #expect(state.firstCall == 4)
        #expect(state.lastCall == 7)
        #expect(deltas[FlowStateKey(teamID: 2, stateID: "a")]?.calls == 1)
        #expect(deltas.count == 2)
        #expect(deltas[FlowStateKey(teamID: 3, stateID: "a")] == nil)
    }

    @Test func sumsAreThoseOfAllEntriesAtOnce() throws {
        var random = SeededRandom(seed: 3)
        let rows = (0..<5000).map { row in
            (
                team: Int64.random(in: 1...2, using: &random),
                state: "s\(Int.random(in: 0..<300, using: &random))" as String?,
                time: Int64(row * 7 % 5000), name: row % 3 == 0 ? "n\(row % 40)" : nil
            )
        }
        var sum = FlowStateDeltas()
        for first in stride(from: 0, to: rows.count, by: 100) {
            sum.add(FlowStateDeltas(columns(Array(rows[first..<first + 100]))))
        }
        var states = 0
        let expected = FlowStateDeltas(columns(rows))
        expected.forEach { key, delta in
            states += 1
            #expect(sum[key] == delta)
        }
        #expect(states == sum.count)
    }

    @Test func aRemovedStateBeginsAnew() throws {
        var deltas = FlowStateDeltas(columns([(1, "a", 5, "x"), (1, "b", 6, nil)]))
        let key = FlowStateKey(teamID: 1, stateID: "a")
        #expect(deltas.remove(key)?.calls == 1)
        #expect(deltas.remove(key) == nil)
        #expect(deltas[key] == nil)
        #expect(!deltas.isEmpty)
        let later = FlowStateDeltas(columns([(1, "a", 9, nil), (1, "b", 9, nil)]))
        deltas.add(later) { $0 == key }
        #expect(deltas[key]?.firstCall == 9)
        #expect(deltas[key]?.flowName == nil)
        #expect(deltas[FlowStateKey(teamID: 1, stateID: "b")]?.calls == 1)
        var faults = FlowStateDeltas()
        faults.add(Fixtures.fault(team: 1, at: Timestamp(microseconds: 3), state: "a"))
        #expect(faults.faulty == [key])
        deltas.add(faults)
        #expect(deltas[key]?.faults == 1)
        #expect(deltas[key]?.first == 3)
        #expect(deltas[key]?.firstCall == 9)
    }
}
