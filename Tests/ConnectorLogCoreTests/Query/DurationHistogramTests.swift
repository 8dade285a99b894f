import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite struct DurationHistogramTests {
    private func histogram(_ values: [Int64]) -> DurationHistogram {
        var made = DurationHistogram()
        for value in values { made.add(microseconds: value) }
        return made
    }

    @Test(arguments: [Int64(1)...7, 1...1000, 1000...2_000_000, 1...3_600_000_000])
    func isNeverOffByMoreThanItSays(range: ClosedRange<Int64>) throws {
        var random = SeededRandom(seed: 7)
        let values = (0..<5000).map { _ in Int64.random(in: range, using: &random) }.sorted()
        let made = histogram(values)
        for part in [0.01, 0.5, 0.9, 0.95, 0.99, 1] {
            let exact = values[max(0, Int((part * 5000).rounded(.up)) - 1)]
            let answer = try #require(made.quantile(part))
            #expect(abs(Double(answer - exact)) <= Double(exact) * 0.0625, "\(part): \(answer) for \(exact)")
        }
    }

    @Test func keepsSmallValuesExact() {
        for value in Int64(0)..<16 { #expect(histogram([value]).quantile(0.5) == value) }
    }

    /// Every duration lies within its class, and the next class begins where it ends: around each power of two.
    @Test func neitherSkipsNorTurnsAround() throws {
        var last: Int64 = -1
        for power in 0..<41 {
            for value in [(1 << power) - 1, 1 << power, (1 << power) + 1] as [Int64] where value > last {
                // Two far ends, so that the middle of the class shows.
                let answer = try #require(histogram([0, value, 1 << 40]).quantile(0.5))
                #expect(abs(Double(answer - value)) <= Double(value) * 0.0625)
                last = value
            }
        }
    }

    @Test func staysWithinWhatWasCounted() {
        #expect(histogram([2_500_000, 2_500_000]).quantile(0.99) == 2_500_000)
        #expect(histogram([12_000, 12_100]).quantile(0.5).map { (12_000...12_100).contains($0) } == true)
    }

    @Test func takesWhatIsOutOfItsRange() {
        #expect(histogram([-5]).quantile(1) == 0)
        #expect(histogram([.max]).quantile(1) == 1 << 40)
        #expect(DurationHistogram().quantile(0.5) == nil)
    }

    @Test func addsUp() {
        var random = SeededRandom(seed: 9)
        let values = (0..<300).map { _ in Int64.random(in: 0...5_000_000, using: &random) }
        var sum = histogram(Array(values[..<100]))
        sum.add(histogram(Array(values[100...])))
        #expect(sum == histogram(values.shuffled(using: &random)))
        #expect(sum.count == 300)
        sum.add(DurationHistogram())
        #expect(sum.count == 300)
    }
}
