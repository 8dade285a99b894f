import ConnectorLogCore
import HTTPTypes
import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct RetryScheduleTests {
    private static let now = Timestamp(microseconds: 784_111_777_000_000)  // Sun, 06 Nov 1994 08:49:37 GMT

    private static func delay(failed: Int = 1, retryAfter: String? = nil, random: Double = 0) -> TimeAmount {
        RetrySchedule.delay(failed: failed, retryAfter: retryAfter, now: now, random: random)
    }

    @Test func doublesUpToFiveSeconds() {
        #expect(
            (1...7).map { Self.delay(failed: $0, random: 1) }
                == [100, 200, 400, 800, 1600, 3200, 5000].map { .milliseconds($0) })
        #expect(Self.delay(failed: 1000, random: 1) == .seconds(5))
    }

    @Test func halfOfItIsRandom() {
        #expect(Self.delay(random: 0) == .milliseconds(50))
        #expect(Self.delay(random: 0.5) == .milliseconds(75))
    }

    @Test(arguments: [
        ("7", TimeAmount.seconds(7)), ("Sun, 06 Nov 1994 08:49:47 GMT", .seconds(10)), ("0", .milliseconds(50)),
        ("Sun, 06 Nov 1994 08:49:27 GMT", .milliseconds(50)), ("soon", .milliseconds(50)), ("-3", .milliseconds(50)),
        ("", .milliseconds(50)),
    ])
    func waitsAsTheVendorSays(_ field: String, _ delay: TimeAmount) {
        #expect(Self.delay(retryAfter: field) == delay)
    }

    @Test func repeatsWhatMayBeRepeated() {
        let methods: [HTTPRequest.Method] = [.get, .head, .options, .put, .delete]
        #expect(methods.allSatisfy { RetrySchedule.isIdempotent($0) })
        #expect(!RetrySchedule.isIdempotent(.post) && !RetrySchedule.isIdempotent(.patch))
    }
}
