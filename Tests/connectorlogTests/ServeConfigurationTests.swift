import Configuration
import ConnectorLogIngest
import ConnectorLogServer
import Foundation
import Logging
import Testing

@testable import connectorlog

@Suite struct ServeConfigurationTests {
    @Test func flagWinsOverEnvironmentAndThatOverFile() async throws {
        var sources = SettingSources(
            flags: [.port: .int(1)], environment: ["CONNECTORLOG_PORT": "2"], file: [.port: .int(3)])
        #expect(try await ServeConfiguration.load(from: sources).server.port == 1)
        sources.flags = [:]
        #expect(try await ServeConfiguration.load(from: sources).server.port == 2)
        sources.environment = [:]
        #expect(try await ServeConfiguration.load(from: sources).server.port == 3)
        sources.file = [:]
        #expect(try await ServeConfiguration.load(from: sources).server.port == 8080)
    }

    @Test func flagSwitchesOffWhatTheEnvironmentSwitchesOn() async throws {
        let sources = SettingSources(flags: [.sample: .bool(false)], environment: ["CONNECTORLOG_SAMPLE": "true"])
        #expect(try await ServeConfiguration.load(from: sources).recordsSample == false)
    }

    @Test func emptyVariableCountsAsUnset() async throws {
        let sources = SettingSources(environment: ["CONNECTORLOG_HOST": "", "CONNECTORLOG_TLS_CERTIFICATE": ""])
        let configuration = try await ServeConfiguration.load(from: sources)
        #expect(configuration.server.host == "127.0.0.1")
        #expect(configuration.server.tls == nil)
    }

    @Test func defaultsAreThoseOfTheTable() async throws {
        let configuration = try await ServeConfiguration.load(from: SettingSources())
        #expect(configuration.dataDirectory == "./connectorlog-data")
        #expect(configuration.ingest.bodyBytes == 262_144)
        #expect(configuration.ingest.bytesInFlight == 256 << 20)
        #expect(configuration.server.rateLimitPerHour == 10_000)
        #expect(configuration.logLevel == .info)
        #expect(configuration.recordsSample == false)
        #expect(configuration.adminKey == nil)
    }

    @Test(arguments: [
        ("CONNECTORLOG_PORT", "65536"), ("CONNECTORLOG_PORT", "tcp://10.0.0.1:8080"), ("CONNECTORLOG_PORT", "-1"),
        ("CONNECTORLOG_LOG_LEVEL", "loud"), ("CONNECTORLOG_BEHIND_PROXY", "perhaps"),
        ("CONNECTORLOG_INGEST_MEMORY", "0"),
    ])
    func wrongValueNamesTheSettingAndNotTheValue(name: String, value: String) async throws {
        let failure = try await #require(throws: CommandFailure.self) {
            try await ServeConfiguration.load(from: SettingSources(environment: [name: value]))
        }
        #expect(failure.status == .configuration)
        #expect(failure.message.contains(name))
        #expect(!failure.message.contains(value + " "))
    }

    @Test(arguments: [
        #"{"prot": 1}"#, #"{"port": 1.5}"#, #"{"port": "1"}"#, #"{"port": true}"#, #"{"sample": 1}"#, #"{"host": 4}"#,
        "[]", "{",
    ])
    func wrongFileIsRefused(text: String) throws {
        let failure = try #require(throws: CommandFailure.self) {
            try SettingSources.parseFile(Data(text.utf8), path: "connectorlog.json")
        }
        #expect(failure.status == .configuration)
        #expect(failure.message.contains("connectorlog.json"))
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.10", "log.example.org", "127.0.0.1.example.org", "127.0.0.256"])
    func refusesOtherAddressesWithoutTLS(host: String) async throws {
        let failure = try await #require(throws: CommandFailure.self) {
            try await ServeConfiguration.load(from: SettingSources(flags: [.host: .string(host)]))
        }
        #expect(failure.status == .configuration)
        #expect(failure.message.contains("behind-proxy"))
        let behindProxy = SettingSources(flags: [.host: .string(host), .behindProxy: .bool(true)])
        #expect(try await ServeConfiguration.load(from: behindProxy).server.isBehindProxy)
    }

    @Test(arguments: ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
    func takesLoopbackWithoutTLS(host: String) async throws {
        #expect(
            try await ServeConfiguration.load(from: SettingSources(flags: [.host: .string(host)])).server.host == host)
    }

    @Test func certificateAndKeyGoTogether() async throws {
        await #expect(throws: CommandFailure.self) {
            try await ServeConfiguration.load(from: SettingSources(flags: [.tlsCertificate: .string("chain.pem")]))
        }
    }

    @Test(arguments: [
        "clk_tooshort", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "clk_ABCDEFGHIJKLMNOPQRSTUVWXYZ01234!",
    ])
    func refusesAdminKeyOfAnotherFormWithoutTellingIt(key: String) async throws {
        let failure = try await #require(throws: CommandFailure.self) {
            try await ServeConfiguration.load(from: SettingSources(environment: ["CONNECTORLOG_ADMIN_KEY": key]))
        }
        #expect(failure.status == .configuration)
        #expect(!failure.message.contains(key))
    }

    @Test func takesAdminKeyOfTheForm() async throws {
        let key = "clk_" + String(repeating: "a", count: 32)
        let sources = SettingSources(environment: ["CONNECTORLOG_ADMIN_KEY": key])
        #expect(try await ServeConfiguration.load(from: sources).adminKey == key)
    }
}
