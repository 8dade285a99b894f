import ConnectorLogAPI
import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct CallLimitsTests {
    private static func admission(_ options: String, connector: String = "crm") throws -> InvokerAdmission {
        InvokerAdmission(
            teamID: 1, connector: connector, keyID: "key",
            route: InvokerRoute(
                target: try ConnectorTarget(configuration: #"{"base_url":"https://h","invoker":{\#(options)}}"#),
                headers: []))
    }

    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func soManyCallsAtOnce() throws {
        let limits = CallLimits()
        let admission = try Self.admission(#""concurrency":2"#)
        #expect(limits.enter(admission) == nil)
        #expect(limits.enter(admission) == nil)
        #expect(limits.enter(admission)?.code == .tooManyRequests)
        #expect(limits.enter(try Self.admission(#""concurrency":2"#, connector: "other")) == nil)
        limits.leave(admission)
        #expect(limits.enter(admission) == nil)
        #expect(limits.underWay == 3)
    }

    @Test func soManyCallsASecond() throws {
        let limits = CallLimits()
        let admission = try Self.admission(#""calls_per_second":4"#)
        func enter(after milliseconds: Int64) -> Bool {
            let now = Self.start + .milliseconds(milliseconds)
            guard limits.enter(admission, now: now) == nil else { return false }
            limits.leave(admission, now: now)
            return true
        }
        #expect((0..<5).map { _ in enter(after: 0) } == [true, true, true, true, false])
        #expect(enter(after: 250))
        #expect(!enter(after: 250))
        #expect((0..<5).map { _ in enter(after: 5000) } == [true, true, true, true, false])
    }

    /// Ten at once, then one a second, or a tenth of the calls.
    @Test func soManyCallsAreMadeAgain() throws {
        let limits = CallLimits()
        let admission = try Self.admission(#""retries":1"#)
        #expect(!limits.mayRetry(admission, now: Self.start))
        #expect(limits.enter(admission, now: Self.start) == nil)
        #expect((0..<11).map { _ in limits.mayRetry(admission, now: Self.start) } == [true].times(10) + [false])
        #expect(limits.mayRetry(admission, now: Self.start + .seconds(1)))
        #expect(!limits.mayRetry(admission, now: Self.start + .seconds(1)))
        for _ in 0..<19 { #expect(limits.enter(admission, now: Self.start + .seconds(1)) == nil) }
        #expect((0..<2).map { _ in limits.mayRetry(admission, now: Self.start + .seconds(1)) } == [true, false])
    }

    @Test func callsMadeAgainCountAgainstTheRateOfCalls() throws {
        let limits = CallLimits()
        let admission = try Self.admission(#""retries":1,"calls_per_second":2"#)
        #expect(limits.enter(admission, now: Self.start) == nil)
        #expect(limits.mayRetry(admission, now: Self.start))
        #expect(!limits.mayRetry(admission, now: Self.start))
        #expect(limits.enter(admission, now: Self.start)?.code == .tooManyRequests)
    }

    /// Also by one connector that makes one call at a time.
    @Test func aBudgetIsNotForgottenBetweenCalls() throws {
        let limits = CallLimits()
        let admission = try Self.admission(#""retries":1"#)
        let granted = (0..<20).map { _ in
            #expect(limits.enter(admission, now: Self.start) == nil)
            defer { limits.leave(admission, now: Self.start) }
            return limits.mayRetry(admission, now: Self.start)
        }
        #expect(granted.filter { $0 }.count == 11)
    }
}

extension [Bool] {
    fileprivate func times(_ count: Int) -> [Bool] { (0..<count).flatMap { _ in self } }
}
