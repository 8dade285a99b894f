import ConnectorLogTesting
import Testing

@Suite struct NeedleSearchTests {
    private static func search(_ needles: String...) -> NeedleSearch { NeedleSearch(needles.map { Array($0.utf8) }) }

    @Test func findsAtBeginningMiddleAndEnd() {
        let search = Self.search("needle", "haystack", "straws")
        #expect(search.occurring(in: "needle in a haystack") == [0, 1])
        #expect(search.occurring(in: "a straw, straws") == [2])
        #expect(search.occurring(in: "needl").isEmpty)
        #expect(search.occurring(in: "").isEmpty)
        #expect(search.occurring(in: "needle") == [0])
    }

    @Test func tellsNeedlesOfOneBeginningApart() {
        let search = Self.search("prefix", "prefix-one", "prefix-two", "prefix-one")
        #expect(search.occurring(in: "a prefix-on") == [0])
        #expect(search.occurring(in: "a prefix-one") == [0, 1, 3])
        #expect(search.occurring(in: "prefix-prefix-two") == [0, 2])
    }

    @Test func overlappingNeedlesAreAllFound() {
        #expect(Self.search("aaaaaa", "aaaaaaaa", "aaaaab").occurring(in: "aaaaaaab") == [0, 2])
    }

    @Test func zerosAndHighBytesAreBytes() {
        let search = NeedleSearch([[0, 0, 0, 0, 0, 0], [0xFF, 0xFE, 0, 1, 0xFF, 0xFF, 0xFF]])
        #expect(search.occurring(in: [0, 0, 0, 0, 0] as [UInt8]).isEmpty)
        #expect(search.occurring(in: [1, 0, 0, 0, 0, 0, 0] as [UInt8]) == [0])
        #expect(search.occurring(in: [9, 0xFF, 0xFE, 0, 1, 0xFF, 0xFF, 0xFF] as [UInt8]) == [1])
    }

    /// Against the search that nobody can get wrong, over an alphabet small enough that much is found.
    @Test(arguments: 0..<20 as Range<UInt64>) func agreesWithComparingEverywhere(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in random.pick([0x61, 0x62]) } }
        let needles = (0..<200).map { _ in bytes(Int.random(in: 6...14, using: &random)) }
        let text = bytes(500)
        let expected = needles.indices.filter { index in
            (0...text.count - needles[index].count).contains { text[$0...].starts(with: needles[index]) }
        }
        #expect(NeedleSearch(needles).occurring(in: text) == Set(expected))
    }
}
