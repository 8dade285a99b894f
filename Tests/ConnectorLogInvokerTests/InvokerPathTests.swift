import Testing

@testable import ConnectorLogInvoker

@Suite struct InvokerPathTests {
    @Test(arguments: [
        ("/invoke/crm/v1/a?b=c", nil, "crm", "/v1/a?b=c"),
        ("/invoke/crm", nil, "crm", ""),
        ("/invoke/crm?a=1", nil, "crm", "?a=1"),
        ("/invoke/crm/", nil, "crm", "/"),
        ("/invoke/crm//x%2Fy/", nil, "crm", "//x%2Fy/"),
        ("/invoke/~clk_made-up/crm/v1", "clk_made-up", "crm", "/v1"),
    ])
    func isSplit(_ target: String, _ key: String?, _ connector: String, _ rest: String) throws {
        let path = try #require(InvokerPath(target: target))
        #expect(path.key == key && path.connector == connector && path.rest == rest)
    }

    @Test(arguments: [
        "/invoke/", "/invoke//x", "/invoke/a.b/x", "/invoke/~/crm/x", "/invoke/~key", "/v1/ingest", "/invoke",
    ])
    func namesNoConnector(_ target: String) {
        #expect(InvokerPath(target: target) == nil)
    }

    @Test(arguments: [
        "/..", "/../x", "/a/../b", "/a/./b", "/%2e%2e/x", "/a/%2E./b", "/.%2e", "/..%2fx", "/%2e%2e%5cx", "/a\\..\\b",
        "/..;x=1/admin", "/..%3bx", "/..#",
    ])
    func leavesTheBase(_ rest: String) throws {
        #expect(try #require(InvokerPath(target: "/invoke/crm" + rest)).leavesBase)
    }

    @Test(arguments: ["", "/", "/a.b/c..d", "/a?x=/../y", "/%2fa", "/...", "/a%2ejson"])
    func staysBelowTheBase(_ rest: String) throws {
        #expect(try !#require(InvokerPath(target: "/invoke/crm" + rest)).leavesBase)
    }
}
