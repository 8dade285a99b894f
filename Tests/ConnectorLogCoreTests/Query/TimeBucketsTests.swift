import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite struct TimeBucketsTests {
    private func buckets(_ from: Int64, _ to: Int64, _ width: Int64) -> TimeBuckets {
        TimeBuckets(from: Timestamp(microseconds: from), to: Timestamp(microseconds: to), width: width)
    }

    @Test(
        arguments: [
            (0, 60, 60, 1), (0, 61, 60, 2), (59, 60, 60, 1), (59, 61, 60, 2), (60, 60, 60, 0), (61, 60, 60, 0),
            (0, 1, 60, 1), (130, 190, 60, 2), (0, 10_080, 1, 10_080), (5, Timestamp.latest.microseconds, .max, 1),
        ] as [(Int64, Int64, Int64, Int)])
    func coversItsSpan(from: Int64, to: Int64, width: Int64, count: Int) {
        #expect(buckets(from, to, width).count == count)
    }

    @Test func startsAtWholeWidths() {
        let buckets = buckets(130, 260, 60)
        #expect(buckets.firstStart.microseconds == 120)
        #expect((0..<buckets.count).map { buckets.start(of: $0).microseconds } == [120, 180, 240])
    }

    @Test(
        arguments: [
            (119, nil), (120, nil), (129, nil), (130, 0), (179, 0), (180, 1), (239, 1), (240, 2), (259, 2), (260, nil),
            (-1, nil),
        ] as [(Int64, Int?)])
    func findsTheBucketOfATimeInTheSpan(time: Int64, bucket: Int?) {
        #expect(buckets(130, 260, 60).bucket(of: Timestamp(microseconds: time)) == bucket)
    }
}
