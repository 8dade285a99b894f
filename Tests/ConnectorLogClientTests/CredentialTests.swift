import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct CredentialTests {
    private let secret = "s3cr3t-made-up"

    @Test(arguments: [
        "Authorization", "authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key",
        "X-Auth-Token",
    ])
    func valuesOfCredentialHeadersAreNotSent(name: String) async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            var entry = ConnectorLogEntry.numbered(1)
            entry.requestHeaders = [name: secret, "Accept": "*/*"]
            entry.responseHeaders = [name: secret, "Server": "made-up"]
            test.recorder.record(entry)
        }
        #expect(record.object("request_headers") == [name: CredentialHeaders.mark, "Accept": "*/*"])
        #expect(record.object("response_headers") == [name: CredentialHeaders.mark, "Server": "made-up"])
    }

    @Test func aHostNamesMoreOfThem() async throws {
        let test = try RecorderUnderTest { $0.credentialHeaders.insert("X-Vendor-Token") }
        let record = try await test.record {
            var entry = ConnectorLogEntry.numbered(1)
            entry.requestHeaders = ["x-vendor-token": secret, "Authorization": secret]
            test.recorder.record(entry)
        }
        #expect(
            record.object("request_headers") == [
                "x-vendor-token": CredentialHeaders.mark, "Authorization": CredentialHeaders.mark,
            ])
    }

    @Test func faultsHaveThemRemovedToo() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            var fault = ConnectorLogFault(name: "f")
            fault.responseHeaders = ["Set-Cookie": secret]
            fault.message = "GET https://me:\(secret)@api.example/a failed"
            test.recorder.record(fault)
        }
        #expect(!"\(record)".contains(secret))
        #expect(record["message"] == "GET https://api.example/a failed")
    }

    @Test(arguments: [
        ("https://me:pass@api.example/a?b=c", "https://api.example/a?b=c"),
        ("https://me@api.example", "https://api.example"),
        ("https://a@h/?mail=a@b", "https://h/?mail=a@b"),
        ("HTTP://a@b:p@h:80/", "HTTP://h:80/"), ("https://api.example/a@b", "https://api.example/a@b"),
        ("https://api.example?mail=a@b", "https://api.example?mail=a@b"), ("/path/a:b@c", "/path/a:b@c"), ("", ""),
        ("mailto:a@b", "mailto:a@b"), ("https://@h/", "https://@h/"), ("//me:pass@h/a", "//h/a"),
        ("https://h/a//b@c", "https://h/a//b@c"),
        ("from http://a:b@h/1 to (https://c:d@h/2), a@b", "from http://h/1 to (https://h/2), a@b"),
    ])
    func userInformationIsRemovedFromURIs(uri: String, sent: String) {
        #expect(URIUserInfo.removed(from: uri) == sent)
    }

    @Test func userInformationIsRemovedFromTheErrorThatRepeatsIt() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            var entry = ConnectorLogEntry(connector: "crm")
            entry.uri = "https://me:\(secret)@api.example/a"
            entry.errorMessage = "no route to me:\(secret)@api.example"
            test.recorder.record(entry)
        }
        #expect(record["uri"] == "https://api.example/a")
        #expect(record["error_message"] == "no route to api.example")
    }

    @Test func userInformationIsRemovedFromHeadersAndAttributes() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            var entry = ConnectorLogEntry(connector: "crm")
            entry.requestHeaders = ["Referer": "https://me:\(secret)@api.example/a"]
            entry.responseHeaders = ["Location": "http://me:\(secret)@api.example/x"]
            entry.attributes = ["via": "http://me:\(secret)@proxy.example"]
            test.recorder.record(entry)
        }
        #expect(record.object("request_headers") == ["Referer": "https://api.example/a"])
        #expect(record.object("response_headers") == ["Location": "http://api.example/x"])
        #expect(record.object("attributes") == ["via": "http://proxy.example"])
    }

    @Test func anErrorOfTheHTTPClientDoesNotTellTheHeadersThatItNames() async throws {
        let test = try RecorderUnderTest()
        let error = HTTPClientError.invalidHeaderFieldValues(["Bearer \(secret)"])
        let record = try await test.record {
            let client = test.client { _ in throw error }
            await #expect(throws: HTTPClientError.self) {
                try await client.execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            }
        }
        #expect(record["error_name"] == "HTTPClientError")
        #expect(record["error_message"] == "Invalid header field values")
    }
}

@Suite struct ConfigurationTests {
    @Test func theKeyIsInNoDescription() throws {
        let key = "clk_made-up-key-that-must-not-show"
        let configuration = try ConnectorLogRecorder.Configuration(baseURL: "https://log.example", apiKey: key)
        let recorder = ConnectorLogRecorder(configuration: configuration)
        var texts = [
            "\(configuration)", String(reflecting: configuration), "\(recorder)", String(reflecting: recorder),
        ]
        for value in [configuration, recorder] as [Any] {
            var text = ""
            dump(value, to: &text)
            texts.append(text)
        }
        for text in texts {
            #expect(!text.contains("made-up-key"))
        }
        #expect(texts.contains { $0.contains("[API key]") })
    }

    @Test(arguments: [
        "", "log.example", "ftp://log.example", "http://", "https://me:pw@log.example", "https://log.example?a",
        "https:log", "https://log.example\n", "https://log.example\r\nX: y", "http:///", "http:////log",
        "https://log example",
        "https://log.example#a", "https://:443",
    ])
    func aBaseURLThatIsNoneIsRefused(url: String) {
        #expect(throws: ConnectorLogConfigurationError.invalidBaseURL) {
            try ConnectorLogRecorder.Configuration(baseURL: url, apiKey: "clk_x")
        }
    }

    @Test(arguments: ["", "clk x", "clk\r\nX: y", "clé"]) func aKeyThatIsNoneIsRefused(key: String) {
        #expect(throws: ConnectorLogConfigurationError.invalidAPIKey) {
            try ConnectorLogRecorder.Configuration(baseURL: "https://log.example", apiKey: key)
        }
    }

    @Test(arguments: ["https://log.example", "https://log.example/", "https://log.example//"])
    func aSlashAtTheEndIsNone(url: String) throws {
        let configuration = try ConnectorLogRecorder.Configuration(baseURL: url, apiKey: "clk_x")
        #expect(configuration.baseURL == "https://log.example")
    }
}
