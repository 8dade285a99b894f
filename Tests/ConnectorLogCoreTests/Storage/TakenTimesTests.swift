import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite struct TakenTimesTests {
    @Test func agreesWithASet() {
        var random = SeededRandom(seed: 5)
        for spread in [40, 3000] {
            var times = TakenTimes()
            var reference: Set<Int64> = []
            for _ in 0..<3000 {
                let wanted = Int64.random(in: 0..<Int64(spread), using: &random)
                var free = wanted
                while reference.contains(free) { free += 1 }
                #expect(times.firstFree(atOrAfter: wanted) == free)
                times.insert(free)
                reference.insert(free)
            }
            #expect(times.count == reference.count)
            let removed = Set(reference.shuffled(using: &random).prefix(1000))
            times.remove(removed)
            reference.subtract(removed)
            #expect((0..<7000).allSatisfy { (times.firstFree(atOrAfter: $0) != $0) == reference.contains($0) })
        }
    }

    /// A run of neighbours is passed in a few steps a chunk, and times that come backwards move one chunk only: a request
    /// of the largest size at one instant would else take 10^10 steps.
    @Test func manyTiesAndDescendingTimesStayCheap() {
        var ties = TakenTimes()
        for number in 0..<200_000 {
            let free = ties.firstFree(atOrAfter: 7)
            #expect(free == Int64(7 + number))
            ties.insert(free)
        }
        var descending = TakenTimes()
        for time in stride(from: Int64(200_000), to: 0, by: -1) { descending.insert(time) }
        #expect(descending.firstFree(atOrAfter: 1) == 200_001)
    }

    @Test func earliestTimesGoUpToALimit() {
        var times = TakenTimes(0..<2000)
        #expect(times.removeEarliest(keeping: 500, before: 1000) == 999)
        #expect(times.count == 1000)
        #expect(times.removeEarliest(keeping: 500, before: .max) == 1499)
        #expect(times.firstFree(atOrAfter: 1499) == 1499)
        #expect(times.firstFree(atOrAfter: 1500) == 2000)
        #expect(times.removeEarliest(keeping: 500, before: .max) == nil)
    }

    @Test func readsUnsortedAndRepeatedTimes() {
        let times = TakenTimes([5, 3, 5, 4, 3])
        #expect(times.count == 3)
        #expect(times.firstFree(atOrAfter: 3) == 6)
    }
}
