import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite struct BatchConnectorsTests {
    @Test func hasTheRowsOfEachConnectorOfEachTeam() {
        var random = SeededRandom(seed: 5)
        let entries = (0..<3000).map { row in
            SampleEntry(
                team: Int64.random(in: 1...3, using: &random), at: Timestamp(microseconds: Int64(3000 - row)),
                connector: "c\(Int.random(in: 0..<70, using: &random))")
        }
        let columns = Fixtures.batch(entries).entries
        let connectors = BatchConnectors(columns)
        var expected: [String: [Int]] = [:]
        for row in 0..<columns.count {
            expected["\(columns.teamIDs[row]) \(columns[.connector].string(row) ?? "")", default: []].append(row)
        }
        #expect(connectors.count == expected.count)
        for connector in 0..<connectors.count {
            let name = String(decoding: connectors.identifier(connector), as: UTF8.self)
            let rows = connectors.rows(of: connector).map(Int.init)
            #expect(expected["\(connectors.team(connector)) \(name)"] == rows)
            #expect(connectors.earliest[connector] == rows.map { columns.logTimes[$0] }.min())
        }
    }
}
