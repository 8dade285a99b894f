import ConnectorLogClickHouse
import Testing

@Suite struct ClickHouseAddressTests {
    @Test func takesAllParts() throws {
        let address = try ClickHouseAddress(
            "clickhouses://me:p%40ss@a.example:9000,[::1],b/logs?cluster=west&compression=gzip")
        #expect(
            address.hosts == [
                .init(name: "a.example", port: 9000), .init(name: "::1", port: 8443), .init(name: "b", port: 8443),
            ])
        #expect(address.isSecure)
        #expect(address.user == "me")
        #expect(address.password == "p@ss")
        #expect(address.database == "logs")
        #expect(address.cluster == "west")
        #expect(address.isCompressed)
        #expect(address.hosts[1].description == "[::1]:8443")
    }

    @Test func hasDefaults() throws {
        let address = try ClickHouseAddress("clickhouse://localhost")
        #expect(address.hosts == [.init(name: "localhost", port: 8123)])
        #expect(!address.isSecure)
        #expect(address.user == "default")
        #expect(address.password.isEmpty)
        #expect(address.database == "default")
        #expect(address.cluster == nil)
        #expect(!address.isCompressed)
    }

    @Test(arguments: [
        "localhost", "http://localhost", "clickhouse://", "clickhouse://a,,b", "clickhouse://a:0", "clickhouse://a:x",
        "clickhouse://a/b c", "clickhouse://a/1", "clickhouse://a?cluster=x'y", "clickhouse://a?compress=1",
        "clickhouse://a?compression=lz4",
        "clickhouse://a?cluster", "clickhouse://a%/b:%zz@h", "clickhouse://%ff@h",
    ])
    func refuses(_ text: String) {
        #expect(throws: ClickHouseAddress.Problem.self) { try ClickHouseAddress(text) }
    }
}
