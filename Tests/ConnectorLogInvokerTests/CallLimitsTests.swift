import ConnectorLogAPI
import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct CallLimitsTests {
    private static func admission(_ options: String, connector: String = "crm") throws -> InvokerAdmission {
        InvokerAdmission(
            teamID: 1, connector: connector, keyID: "key",
            target: try ConnectorTarget(configuration: #"{"base_url":"https://h","invoker":{\#(options)}}"#),
            headers: [])
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
}
