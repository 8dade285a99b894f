import Testing

@testable import ConnectorLogInvoker

@Suite struct TraceContextTests {
    private static let field = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func theCallIsASpanOfItsCallersTrace() throws {
        let child = try #require(TraceContext(Self.field)).child([0, 1, 2, 3, 0xA4, 0xF5, 6, 7])
        #expect(child.field == "00-0af7651916cd43dd8448eb211c80319c-00010203a4f50607-01")
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    ])
    func isNone(_ field: String) {
        #expect(TraceContext(field) == nil)
    }

    /// Section 4.3: of later versions what is known is taken.
    @Test func ofLaterVersionsTheBeginningCounts() {
        #expect(TraceContext("01" + Self.field.dropFirst(2) + "-more")?.spanID == "b7ad6b7169203331")
    }
}
