import Testing

@testable import connectorlog

@Suite struct RetryScheduleTests {
    @Test func delayDoublesUpToItsMaximum() {
        var schedule = RetrySchedule()
        let delays = (0..<9).compactMap { _ in schedule.delay(retryAfter: nil, random: 1) }
        #expect(
            delays == [.milliseconds(250), .milliseconds(500)] + [1, 2, 4, 8, 16, 30, 30].map { Duration.seconds($0) })
    }

    @Test func halfOfTheDelayIsRandom() {
        var schedule = RetrySchedule()
        #expect(schedule.delay(retryAfter: nil, random: 0) == .milliseconds(125))
    }

    @Test func serverSaysHowLongToWaitAtLeast() {
        var schedule = RetrySchedule()
        #expect(schedule.delay(retryAfter: .seconds(7), random: 0.5) == .seconds(7))
    }

    @Test func givesUpWhenTheBudgetIsSpent() {
        var policy = RetrySchedule.Policy()
        policy.budget = .seconds(10)
        var schedule = RetrySchedule(policy: policy)
        #expect(schedule.delay(retryAfter: .seconds(6), random: 0) == .seconds(6))
        #expect(schedule.delay(retryAfter: .seconds(6), random: 0) == nil)
        #expect(schedule.delay(retryAfter: .seconds(4), random: 0) == .seconds(4))
    }

    @Test func waitsNoLongerThanItMayThoughTheServerAsksForIt() {
        var schedule = RetrySchedule()
        #expect(schedule.delay(retryAfter: .seconds(86_400), random: 0) == nil)
    }
}
