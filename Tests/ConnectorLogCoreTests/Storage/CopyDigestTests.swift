import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite struct CopyDigestTests {
    private static let fault = Fixtures.fault(team: 1, at: Timestamp(microseconds: 86_400_000_000 * 20_000 + 5))

    private func digests(_ rows: CopiedRows...) throws -> [CopyGroup: CopyDigest] {
        var digests = CopyDigests(.source, sealing: nil)
        for rows in rows { try digests.add(rows) }
        return digests.groups
    }

    /// Targets keep them.
    @Test func numbersOfKindsStayWhatTheyAre() {
        #expect(CopyKind.allCases.map(\.rawValue) == Array(1...15))
        #expect(CopyKind.teams.rawValue == 1 && CopyKind.entries.rawValue == 14 && CopyKind.numbers.next == nil)
    }

    @Test func theOrderAndTheChunksOfRowsMakeNoDifference() throws {
        var other = Self.fault
        other.name = "Timeout"
        let one = try digests(.faults([Self.fault, other]))
        #expect(try one == digests(.faults([other]), .faults([Self.fault])))
        #expect(one.keys.map(\.day) == [20_000])
    }

    @Test func eachMemberAndEachRepetitionMakesADifference() throws {
        let one = try digests(.faults([Self.fault]))
        let changes: [(inout RootFault) -> Void] = [
            { $0.id.low += 1 }, { $0.occurredAt = $0.occurredAt.advanced(byMicroseconds: 1) }, { $0.message = "" },
            { $0.statusCode = 0 }, { $0.responseHeaders = [HeaderField(name: "", value: "")] },
            { $0.responseBody = Body(bytes: [], isBinary: false, originalSize: 0, isTruncated: false) },
            { $0.detailsRemovedAt = Timestamp(microseconds: 0) }, { $0.uri = "a" }, { $0.kind = "a" },
        ]
        var seen = Set([one])
        for change in changes {
            var fault = Self.fault
            change(&fault)
            #expect(seen.insert(try digests(.faults([fault]))).inserted)
        }
        #expect(seen.insert(try digests(.faults([Self.fault, Self.fault]))).inserted)
        #expect(seen.insert(try digests(.faults([]))).inserted)
    }

    @Test func placesComeBackAsTheyWere() throws {
        let parts = try CopyPlace([.min, 7, .max], [0, 255]).parts(numbers: 3)
        #expect(parts.numbers == [.min, 7, .max] && parts.text == [0, 255])
        #expect(try CopyPlace([]).parts(numbers: 0).text == [])
        #expect(throws: StoreError.self) { try CopyPlace([1]).parts(numbers: 2) }
        #expect(throws: StoreError.self) { try CopyPlace(bytes: []).parts(numbers: 0) }
    }

    @Test func differencesNameTeamAndDay() {
        let group = CopyGroup(.entries, teamID: 3, day: 20_453)
        #expect(
            CopyDifference(group, source: 500, target: 499).description
                == "entries of team 3, 2025-12-31: 500 rows, of which the copy has 499")
        #expect(
            CopyDifference(CopyGroup(.answers), source: 2, target: 2).description
                == "idempotency keys: 2 rows in both, but not the same")
    }
}
