import NIOHPACK
import Testing

@testable import ConnectorLogInvoker

/// What the codec behind it would not survive.
@Suite struct StatusGuardTests {
    @Test(arguments: ["", "1", "42", "099", "000", "1000", "-1", "2 0", "20a"])
    func isNoStatus(_ status: String) {
        #expect(!StatusGuard.isFit([":status": status]))
    }

    @Test func statusesAndTrailersPass() {
        #expect(StatusGuard.isFit([":status": "200"]))
        #expect(StatusGuard.isFit([":status": "999"]))
        #expect(StatusGuard.isFit(["grpc-status": "0"]))
    }
}
