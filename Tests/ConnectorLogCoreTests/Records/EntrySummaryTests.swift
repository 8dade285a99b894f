import ConnectorLogCore
import Testing

@Suite struct EntrySummaryTests {
    @Test(arguments: [
        ("https://api.example.com/v1/items?a=b", "GET /v1/items?a=b"),
        ("https://api.example.com?a=b", "GET ?a=b"),
        ("https://api.example.com#top", "GET #top"),
        ("https://api.example.com", "GET /"),
        ("mailto:a:b", "GET mailto:a:b"),
        ("urn:x:y://host/path", "GET /path"),
        ("/relative/ä?b", "GET /relative/ä?b"),
        ("https://bücher.example/ä", "GET /ä"),
        ("", "GET"),
    ])
    func requestIsMethodAndPath(_ uri: String, _ request: String) {
        #expect(Self.summary(method: "GET", uri: uri).request == request)
    }

    @Test func requestHasWhatIsThere() {
        #expect(Self.summary(method: nil, uri: nil).request == nil)
        #expect(Self.summary(method: "PUT", uri: nil).request == "PUT")
        #expect(Self.summary(method: nil, uri: "https://h/p").request == "/p")
    }

    @Test func requestIsCutBetweenScalars() {
        let request = Self.summary(method: nil, uri: "/" + String(repeating: "ä", count: 1200)).request
        #expect(request == "/" + String(repeating: "ä", count: 999))
    }

    private static func summary(method: String?, uri: String?) -> EntrySummary {
        var summary = EntrySummary(
            id: EntryID(high: 0, low: 0), teamID: 1, logTime: Timestamp(microseconds: 0), connectorIdentifier: "c",
            outcome: .ok)
        (summary.method, summary.uri) = (method, uri)
        return summary
    }
}
