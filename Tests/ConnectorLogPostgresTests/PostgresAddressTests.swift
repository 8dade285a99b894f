import ConnectorLogPostgres
import Testing

@Suite struct PostgresAddressTests {
    @Test(arguments: ["postgres://localhost/log", "postgresql://localhost/log"])
    func takesBothSchemes(_ url: String) {
        #expect(PostgresAddress(url)?.url == url)
    }

    @Test func refusesOthers() { #expect(PostgresAddress("mysql://localhost/log") == nil) }
}
