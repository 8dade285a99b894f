import ConnectorLogServer
import Testing

@Suite("Settings")
struct SettingsTests {
    @Test(arguments: ["127.0.0.1", "127.8.9.10", "localhost", "::1", "[::1]"])
    func listensInClearTextOnLoopback(_ host: String) throws {
        var settings = ServerSettings()
        settings.host = host
        try settings.validate()
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", "127.1", "1270.0.0.1", ""])
    func refusesAnyOtherAddressWithoutTLSOrProxy(_ host: String) throws {
        var settings = ServerSettings()
        settings.host = host
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        for word in ["certificate", "private key", "behind-proxy", "127.0.0.1"] {
            #expect(error.message.contains(word))
        }
        settings.isBehindProxy = true
        try settings.validate()
        settings.isBehindProxy = false
        settings.tls = ServerSettings.TLSFiles(certificate: "a", privateKey: "b")
        try settings.validate()
    }

    @Test func refusesWhatMakesNoSense() {
        func problem(_ change: (inout ServerSettings) -> Void) -> String? {
            var settings = ServerSettings()
            change(&settings)
            return settings.problem
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.port = 65_536 } != nil)
        #expect(problem { $0.port = -1 } != nil)
        #expect(problem { $0.rateLimitPerHour = -1 } != nil)
        #expect(problem { $0.rateLimitPerHour = 0 } == nil)
        #expect(problem { $0.idleSeconds = 0 } != nil)
        #expect(problem { $0.maximumConnections = 0 } != nil)
        #expect(problem { $0.publicOrigin = "https://log.example.org:8443" } == nil)
        for origin in ["log.example.org", "ftp://a", "https://", "https://a/b", "https://a?b", "https://a b"] {
            #expect(problem { $0.publicOrigin = origin } != nil, "\(origin)")
        }
        #expect(problem { $0.traceURL = "https://jaeger.example/trace/{trace_id}" } == nil)
        #expect(problem { $0.traceURL = "https://jaeger.example/trace/" } != nil)
    }
}
