import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct ConnectorTargetTests {
    private static func target(_ base: String) throws -> ConnectorTarget {
        try ConnectorTarget(configuration: #"{"base_url":"\#(base)","page_size":5}"#)
    }

    @Test(arguments: [
        ("https://api.example.com", "/v1?a=b", "https://api.example.com/v1?a=b"),
        ("https://api.example.com/", "/v1", "https://api.example.com/v1"),
        ("HTTP://api.example.com:8080/v2/", "/x", "http://api.example.com:8080/v2/x"),
        ("https://api.example.com/v2", "", "https://api.example.com/v2"),
        ("https://api.example.com", "", "https://api.example.com/"),
        ("https://api.example.com", "?q=1", "https://api.example.com/?q=1"),
        ("https://[2001:db8::1]:8443/a%20b", "/c%2Fd", "https://[2001:db8::1]:8443/a%20b/c%2Fd"),
    ])
    func pathsGoBehindTheBase(_ base: String, _ rest: String, _ uri: String) throws {
        #expect(try Self.target(base).uri(rest) == uri)
    }

    @Test func saysWhichHostIsMeant() throws {
        let target = try Self.target("https://[2001:db8::1]:8443/x")
        #expect(target.address?.ipAddress == "2001:db8::1" && target.authority == "[2001:db8::1]:8443")
        #expect(try Self.target("https://example.com").address == nil)
    }

    @Test(arguments: [
        "ftp://h", "https://", "h/x", "https://u:p@h/", "https://u@h", "https://h?x=1", "https://h#f", "https://h/ä",
        "",
        "https://h:99999999",
    ])
    func isNoBase(_ base: String) {
        #expect(throws: ConnectorTarget.Problem.self) { try Self.target(base) }
    }

    @Test func hasDefaults() throws {
        let target = try Self.target("https://h")
        #expect(target.timeLimit == 100 && target.concurrency == 256 && target.callsPerSecond == nil)
        #expect(target.record == .bestEffort && target.headers.isEmpty && target.retries == 0)
    }

    @Test func readsItsOptions() throws {
        let target = try ConnectorTarget(
            configuration: #"""
                {"base_url":"https://h","invoker":{"time_limit_seconds":5,"concurrency":3,"calls_per_second":7,
                "retries":5,"record":"required","headers":{"Authorization":"Bearer {{secret:TOKEN}}!","X-A":"b"},"later":1}}
                """#)
        #expect(target.timeLimit == 5 && target.concurrency == 3 && target.callsPerSecond == 7)
        #expect(target.retries == 5)
        #expect(target.record == .required)
        #expect(target.headers.map(\.name) == ["Authorization", "X-A"])
        #expect(target.headers.first?.parts == [.text("Bearer "), .secret("TOKEN"), .text("!")])
        #expect(target.headers.last?.parts == [.text("b")])
    }

    @Test(arguments: [
        (#"{}"#, "base_url"),
        (#"{"base_url":7}"#, "base_url"),
        (#"{"base_url":"https://h","invoker":7}"#, "invoker"),
        (#"{"base_url":"https://h","invoker":{"time_limit_seconds":0}}"#, "time_limit_seconds"),
        (#"{"base_url":"https://h","invoker":{"time_limit_seconds":"5"}}"#, "time_limit_seconds"),
        (#"{"base_url":"https://h","invoker":{"concurrency":10001}}"#, "concurrency"),
        (#"{"base_url":"https://h","invoker":{"calls_per_second":0}}"#, "calls_per_second"),
        (#"{"base_url":"https://h","invoker":{"retries":6}}"#, "invoker.retries is 0 to 5"),
        (#"{"base_url":"https://h","invoker":{"record":"never"}}"#, "record"),
        (#"{"base_url":"https://h","invoker":{"headers":{"a b":"c"}}}"#, "headers"),
        (#"{"base_url":"https://h","invoker":{"headers":{"a":"b\nc"}}}"#, "headers"),
        (#"{"base_url":"https://h","invoker":{"headers":{"Host":"h"}}}"#, "cannot be set"),
        (#"{"base_url":"https://h","invoker":{"headers":{"a":"{{secret:"}}}"#, "template"),
        (#"{"base_url":"https://h","invoker":{"headers":{"a":"{{secret:}}"}}}"#, "template"),
        ("[]", "configuration"),
    ])
    func saysWhatIsWrong(_ configuration: String, _ place: String) {
        let problem = #expect(throws: ConnectorTarget.Problem.self) {
            try ConnectorTarget(configuration: configuration)
        }
        #expect(problem?.message.contains(place) == true, "\(problem?.message ?? "")")
    }

    /// For those who show it at its field.
    @Test(arguments: [
        (#"{"base_url":"no"}"#, ConnectorTarget.Field.baseURL), (#"{"base_url":"https://u:p@h"}"#, .baseURL),
        (#"{"base_url":"https://h","invoker":{"time_limit_seconds":0}}"#, .timeLimit),
        (#"{"base_url":"https://h","invoker":{"concurrency":0}}"#, .concurrency),
        (#"{"base_url":"https://h","invoker":{"calls_per_second":0}}"#, .callsPerSecond),
        (#"{"base_url":"https://h","invoker":{"retries":-1}}"#, .retries),
        (#"{"base_url":"https://h","invoker":{"record":""}}"#, .record),
        (#"{"base_url":"https://h","invoker":{"headers":{"a":"1","b c":"2"}}}"#, .header("b c")),
        (#"{"base_url":"https://h","invoker":{"headers":{"a":"1","b":"{{secret:}}"}}}"#, .header("b")),
        (#"{}"#, nil), (#"{"base_url":7}"#, nil),
    ])
    func saysWhichFieldIsWrong(_ configuration: String, _ field: ConnectorTarget.Field?) {
        let problem = #expect(throws: ConnectorTarget.Problem.self) {
            try ConnectorTarget(configuration: configuration)
        }
        #expect(problem?.field == field)
    }
}
