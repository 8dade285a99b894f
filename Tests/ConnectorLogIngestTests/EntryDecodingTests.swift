import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// The fields of an entry: what is taken, and as what.
@Suite
struct EntryDecodingTests {
    private func batch(_ members: String) async throws -> RedactedBatch {
        let separator = members.isEmpty ? "" : ","
        return try await IngestRun.line("{\"connector_identifier\":\"crm\"\(separator)\(members)}").get()
    }

    struct TextCase: Sendable {
        var members: String
        var field: EntryTextField
        var expected: String?

        init(_ members: String, _ field: EntryTextField, _ expected: String?) {
            (self.members, self.field, self.expected) = (members, field, expected)
        }
    }

    @Test(arguments: [
        TextCase("", .event, nil), TextCase(#""event":null"#, .event, nil),
        TextCase(#""event":"data.load""#, .event, "data.load"),
        TextCase(#""event":"""#, .event, ""),
        TextCase(#""event":"a\"b\\c\/d\b\f\n\r\te""#, .event, "a\"b\\c/d\u{8}\u{C}\n\r\te"),
        TextCase(#""event":"\u00e9\u20AC\ud83d\uDE42\u0000x""#, .event, "é€🙂\0x"),
        TextCase(#""ev\u0065nt":"x""#, .event, "x"), TextCase(#""\u0065\u0076\u0065\u006e\u0074":"x""#, .event, "x"),
        TextCase(#""event":"ünïcödé 🙂""#, .event, "ünïcödé 🙂"),
        TextCase(#""method":"GET""#, .method, "GET"),
        TextCase(#""method":"m-SEARCH!#$%&'*+.^_`|~""#, .method, "m-SEARCH!#$%&'*+.^_`|~"),
        TextCase(#""uri":"https://h.example/p?q=1""#, .uri, "https://h.example/p?q=1"),
        TextCase(#""uri":"https:\/\/ann:pw@h.example\/""#, .uri, "https://[redacted]@h.example/"),
        TextCase(#""request_id":"r-1""#, .requestID, "r-1"), TextCase(#""request_id":"""#, .requestID, nil),
        TextCase(#""flow_id":"f""#, .flowID, "f"), TextCase(#""flow_name":"n""#, .flowName, "n"),
        TextCase(#""state_id":"s""#, .stateID, "s"),
        TextCase(#""flow_version":"1.2""#, .flowVersion, "1.2"), TextCase(#""flow_version":48"#, .flowVersion, "48"),
        TextCase(#""flow_version":-3"#, .flowVersion, "-3"),
        TextCase(#""flow_version":99999999999999999999999"#, .flowVersion, "99999999999999999999999"),
        TextCase(#""trace_id":"0AF7651916CD43DD8448EB211C80319C""#, .traceID, "0af7651916cd43dd8448eb211c80319c"),
        TextCase(#""trace_id":"0\u0041F7651916CD43DD8448EB211C80319C""#, .traceID, "0af7651916cd43dd8448eb211c80319c"),
        TextCase(#""trace_id":"""#, .traceID, nil),
        TextCase(#""span_id":"b7ad6b7169203331""#, .spanID, "b7ad6b7169203331"),
        TextCase(#""error_name":"E""#, .errorName, "E"), TextCase(#""error_message":"m""#, .errorMessage, "m"),
    ])
    func readsTexts(_ c: TextCase) async throws {
        #expect(try await batch(c.members).text(c.field)?.withPlainPlaceholders == c.expected)
    }

    @Test(arguments: [
        (#""log_time":"2026-11-01T00:00:00.123456Z""#, "2026-11-01T00:00:00.123456Z"),
        (#""log_time":"2026-11-01T02:00:00.1234569+02:00""#, "2026-11-01T00:00:00.123456Z"),
        (#""log_time":"1970-01-01T00:00:00Z""#, "1970-01-01T00:00:00.000000Z"),
        (#""log_time":"2026-11\u002d01T00:00:00Z""#, "2026-11-01T00:00:00.000000Z"),
        ("", IngestRun.now.description), (#""log_time":null"#, IngestRun.now.description),
    ])
    func readsLogTime(members: String, expected: String) async throws {
        #expect(try await batch(members).entries.logTimes == [try #require(Timestamp(expected)).microseconds])
    }

    @Test func takesTimesUpToADayAhead() async throws {
        let latest = IngestRun.now.advanced(bySeconds: 86_400)
        #expect(try await batch("\"log_time\":\"\(latest)\"").entries.logTimes == [latest.microseconds])
        let error = try await rejection("\"log_time\":\"\(latest.advanced(byMicroseconds: 1))\"")
        #expect(error.code == .outOfRange)
    }

    @Test(
        arguments: [
            ("", 0), (#""status":null"#, 0), (#""status":100"#, 100), (#""status":599"#, 599),
            (#""status":200.0"#, 200),
            (#""status":2e2"#, 200), (#""status":20000000000000000000000000e-23"#, 200), (#""status":0.4040E+3"#, 404),
        ] as [(String, Int64)])
    func readsStatus(members: String, expected: Int64) async throws {
        #expect(try await batch(members).entries.statuses == [expected])
    }

    @Test(
        arguments: [
            ("", -1), (#""duration_ms":null"#, -1), (#""duration_ms":0"#, 0), (#""duration_ms":-0.0"#, 0),
            (#""duration_ms":12"#, 12_000),
            (#""duration_ms":12.345"#, 12_345), (#""duration_ms":12.3454"#, 12_345),
            (#""duration_ms":12.3456"#, 12_346),
            (#""duration_ms":86400000"#, 86_400_000_000), (#""duration_ms":1.5e-3"#, 2), (#""duration_ms":1e-400"#, 0),
            (#""duration_ms":0.1"#, 100), (#""duration_ms":0.000999"#, 1),
        ] as [(String, Int64)])
    func readsDurationToTheMicrosecond(members: String, expected: Int64) async throws {
        #expect(try await batch(members).entries.durations == [expected])
    }

    @Test(arguments: [
        (#""outcome":"ok","status":500"#, Outcome.ok), (#""outcome":"failed","status":200"#, .failed),
        (#""status":200"#, .ok),
        (#""status":404"#, .failed), ("", .failed), (#""status":200,"error_message":"m""#, .failed),
        (#""outcome":null,"status":200"#, .ok),
    ])
    func readsOutcome(members: String, expected: Outcome) async throws {
        #expect(try await batch(members).entries.outcomes == [expected.rawValue])
    }

    // MARK: - Headers

    @Test func keepsHeadersInOrderWithRepeats() async throws {
        let batch = try await batch(
            #""request_headers":{"B":"1","a":["2","3"],"B":"4","c":null,"d":[],"e":[null,"5"],"F\u0041":["6","7"],"authorization":"Bearer x"}"#
        )
        let fields = try #require(batch.headers(.requestHeaders))
        #expect(fields.map(\.name) == ["B", "a", "a", "B", "e", "FA", "FA", "authorization"])
        #expect(fields.map(\.value.withPlainPlaceholders) == ["1", "2", "3", "4", "5", "6", "7", "Bearer [redacted]"])
    }

    @Test(arguments: ["{}", "null", #"{"a":null}"#])
    func noHeadersAreNone(headers: String) async throws {
        let batch = try await batch("\"response_headers\":\(headers)")
        #expect(batch.entries[.responseHeaders].isNull(0))
    }

    // MARK: - Bodies

    @Test(
        arguments: [
            (#""request_body":"text""#, "text"), (#""request_body":"""#, ""),
            (#""request_body":{"a": [1, "b\n"]}"#, #"{"a": [1, "b\n"]}"#),
            (#""request_body":[]"#, "[]"), (#""request_body":12.50"#, "12.50"), (#""request_body":true"#, "true"),
            (#""request_body":false"#, "false"),
            (#""request_body":"{\"password\":\"x\",\"n\":1}""#, #"{"password":"[redacted]","n":1}"#),
            (#""request_body":{"password":"x","n":1}"#, #"{"password":"[redacted]","n":1}"#),
            (#""request_body":null"#, nil),
        ] as [(String, String?)])
    func keepsBodiesAsText(members: String, expected: String?) async throws {
        let batch = try await batch(members)
        #expect(batch.text(.requestBody)?.withPlainPlaceholders == expected)
        #expect(!BodyAttributes(packed: batch.entries.requestBodyAttributes[0]).isBinary)
    }

    @Test(
        arguments: [
            ("", []), ("AA==", [0]), ("AAE=", [0, 1]), ("AAEC", [0, 1, 2]), ("+/+/", [0xFB, 0xFF, 0xBF]),
            (#"\/\u002b\/\/"#, [0xFF, 0xEF, 0xFF]),
        ] as [(String, [UInt8])])
    func decodesBase64(text: String, expected: [UInt8]) async throws {
        for members in [
            #""response_body":"\#(text)","response_body_encoding":"base64""#,
            #""response_body_encoding":"base64","response_body":"\#(text)""#,
        ] {
            let batch = try await batch(members)
            #expect(batch.entries[.responseBody][0].map(Array.init) == expected)
            #expect(
                BodyAttributes(packed: batch.entries.responseBodyAttributes[0])
                    == BodyAttributes(originalSize: expected.count, isBinary: true, isTruncated: false))
        }
    }

    @Test(
        arguments: [
            (#""request_body":"ab","request_body_size":900,"request_body_truncated":true"#, 900, true),
            (#""request_body_truncated":true,"request_body":"ab""#, 2, true),
            (#""request_body":"ab","request_body_size":null"#, 2, false),
            (#""request_body_size":900"#, 900, true),
            (#""request_body":"ab","request_body_size":9007199254740992"#, 1 << 53, false),
        ] as [(String, Int, Bool)])
    func keepsWhatIsSaidOfTheWholeBody(members: String, size: Int, isTruncated: Bool) async throws {
        let attributes = BodyAttributes(packed: try await batch(members).entries.requestBodyAttributes[0])
        #expect(attributes == BodyAttributes(originalSize: size, isBinary: false, isTruncated: isTruncated))
    }

    @Test func aBodyOfSizeZeroIsNone() async throws {
        #expect(
            try await batch(#""request_body_size":0,"request_body_encoding":"base64""#).entries[.requestBody].isNull(0))
    }

    // MARK: - Attributes

    @Test(
        arguments: [
            ("", nil), (#""attributes":{}"#, nil), (#""attributes":null"#, nil), (#""attributes":{"a":null}"#, nil),
            (#""x":null"#, nil),
            (#""attributes":{"a":"b","n":1.50,"t":true,"f":false}"#, #"{"a":"b","n":1.50,"t":true,"f":false}"#),
            (#""x":1,"attributes":{"a":"b"},"y":"z""#, #"{"a":"b","x":1,"y":"z"}"#),
            (#""nested":{"k": ["v\n", 1]}"#, #"{"nested":"{\"k\": [\"v\\n\", 1]}"}"#),
            (#""list":[1]"#, #"{"list":"[1]"}"#),
            (#""name":"n","user":"u","message":"m""#, #"{"name":"n","user":"u","message":"m"}"#),
            (#""\u0061":"\u0062\u0001\/""#, #"{"a":"b\u0001/"}"#), (#""":1"#, #"{"":1}"#),
            (#""attributes":{"pass\u0077ord":"x"}"#, #"{"password":"[redacted]"}"#),
            (#""api_key":12"#, #"{"api_key":"[redacted]"}"#),
            (#""extra":{"token":"x"}"#, #"{"extra":"{\"token\":\"[redacted]\"}"}"#),
        ] as [(String, String?)])
    func keepsUnknownMembersAsAttributes(members: String, expected: String?) async throws {
        #expect(try await batch(members).text(.attributes)?.withPlainPlaceholders == expected)
    }

    @Test func takes64AttributesAndNoMore() async throws {
        func members(_ count: Int) -> String { (0..<count).map { "\"a\($0)\":\($0)" }.joined(separator: ",") }
        #expect(try await batch(members(64)).text(.attributes)?.contains("\"a63\":63") == true)
        for members in [
            members(65), members(1000), "\"attributes\":{\(members(65))}", "\"x\":1,\"attributes\":{\(members(64))}",
        ] {
            let error = try await rejection(members)
            #expect(error.code == .tooLong && error.field == "attributes")
        }
    }

    @Test func takes8KiBOfAttributesAndNoMore() async throws {
        func value(_ count: Int) -> String { "\"a\":\"\(String(repeating: "v", count: count))\"" }
        #expect(try await batch(value(8192 - 8)).text(.attributes)?.utf8.count == 8192)
        for members in [value(8192 - 7), "\"attributes\":{\(value(9000))}", "\"a\":{\(value(9000))}"] {
            let error = try await rejection(members)
            #expect(error.code == .tooLong && error.field == "attributes")
        }
    }

    // MARK: - Team, type, order

    @Test func takesTheTeamOfTheLineOrTheCaller() async throws {
        #expect(try await batch("").entries.teamIDs == [7])
        #expect(try await batch("\"team_id\":8").entries.teamIDs == [8])
        #expect(try await batch("\"team_id\":8.0").entries.teamIDs == [8])
    }

    @Test(arguments: [#""type":"entry""#, #""type":null"#, #""type":"entr\u0079""#])
    func isAnEntryByDefault(members: String) async throws {
        #expect(try await batch(members).entries.count == 1)
    }

    @Test func theOrderOfMembersDoesNotMatter() async throws {
        let members = [
            #""connector_identifier":"crm""#, #""type":"entry""#, #""event":"e\n""#, #""request_headers":{"a":"\t"}"#,
            #""status":404"#,
            #""response_body":"AAEC""#, #""response_body_encoding":"base64""#, #""x":"y""#, #""attributes":{"z":1}"#,
            #""team_id":8"#,
            #""response_body_truncated":true"#,
        ]
        let expected = try await IngestRun.line("{\(members.joined(separator: ","))}").get().entries
        var generator = SeededRandom(seed: 1)
        for _ in 0..<50 {
            let line = " { \(members.shuffled(using: &generator).joined(separator: " ,\t")) } "
            #expect(try await IngestRun.line(line).get().entries == expected)
        }
    }

    private func rejection(_ members: String) async throws -> LineError {
        switch try await IngestRun.line("{\"connector_identifier\":\"crm\",\(members)}") {
        case .success: throw IngestError(.empty, "the line was taken")
        case .failure(let error): return error
        }
    }
}
