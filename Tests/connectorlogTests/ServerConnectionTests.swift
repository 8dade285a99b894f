import Foundation
import Testing

@testable import connectorlog

@Suite struct ServerConnectionTests {
    private func resolve(
        url: String? = nil, keyFile: String? = nil, data: String? = nil, _ environment: [String: String] = [:]
    ) throws(CommandFailure) -> ServerConnection {
        try ServerConnection.resolve(url: url, keyFile: keyFile, dataDirectory: data, environment: environment)
    }

    @Test func optionWinsOverEnvironmentAndThatOverTheDataDirectory() throws {
        let directory = try TemporaryDirectory()
        let keyFile = try directory.write("clk_from-option\n", to: "key")
        _ = try directory.write("clk_from-data\n", to: "admin-key")
        let environment = ["CONNECTORLOG_API_KEY": "clk_from-environment", "CONNECTORLOG_URL": "http://localhost:9"]
        #expect(
            try resolve(url: "http://127.0.0.1:1/", keyFile: keyFile, data: directory.path, environment)
                == ServerConnection(baseURL: "http://127.0.0.1:1", key: "clk_from-option"))
        #expect(
            try resolve(data: directory.path, environment)
                == ServerConnection(baseURL: "http://localhost:9", key: "clk_from-environment"))
        #expect(
            try resolve(data: directory.path)
                == ServerConnection(baseURL: "http://127.0.0.1:8080", key: "clk_from-data"))
        #expect(try resolve(["CONNECTORLOG_DATA": directory.path]).key == "clk_from-data")
    }

    @Test func adminKeyOfThisMachineIsNotSentToAnotherServer() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("clk_from-data\n", to: "admin-key")
        let failure = try #require(throws: CommandFailure.self) {
            try resolve(url: "https://log.example.org", data: directory.path)
        }
        #expect(failure.status == .configuration)
    }

    /// `ingest` has to know that nothing was sent.
    @Test(arguments: ["127.0.0.1", "localhost"]) func noConnectionIsToldFromABrokenOne(host: String) async throws {
        let request = HTTPExchange.Request(method: "GET", url: "http://\(host):1/", headers: [], body: [])
        let failure = try await NetworkTransport.run(timeout: .seconds(60)) { transport in
            await #expect(throws: APIFailure.self) { try await transport.send(request) }
        }
        #expect(failure?.kind == .unconnected)
        #expect(failure?.message == "the server at http://\(host):1 cannot be reached: connection refused")
    }

    @Test func aNameThatIsNotFoundIsTold() async throws {
        let request = HTTPExchange.Request(method: "GET", url: "http://nowhere.invalid/v1/x?y=z", headers: [], body: [])
        let failure = try await NetworkTransport.run(timeout: .seconds(60)) { transport in
            await #expect(throws: APIFailure.self) { try await transport.send(request) }
        }
        #expect(
            failure?.message == "the server at http://nowhere.invalid cannot be reached: its name was not found")
    }

    @Test func missingKeyFileIsNoInput() throws {
        let failure = try #require(throws: CommandFailure.self) { try resolve(keyFile: "/nonexistent/key") }
        #expect(failure.status == .noInput)
    }

    @Test func keyThatWouldBreakTheHeaderIsRefusedUntold() throws {
        let failure = try #require(throws: CommandFailure.self) {
            try resolve(["CONNECTORLOG_API_KEY": "clk_a\r\nX: y"])
        }
        #expect(failure.status == .configuration)
        #expect(!failure.message.contains("clk_a"))
    }
}
