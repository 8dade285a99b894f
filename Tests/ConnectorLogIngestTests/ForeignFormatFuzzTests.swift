import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

/// Archives and access logs that nobody meant: no crash, the same outcome however the bytes are cut, no more memory than
/// they are worth, and every record taken or told.
@Suite struct ForeignFormatFuzzTests {
    private struct Format {
        var media: IngestFormat.Media
        var records: [[UInt8]]
        /// What its decoder looks for.
        var tokens: [[UInt8]]

        init(_ media: IngestFormat.Media, _ records: [String], _ tokens: [String]) {
            self.media = media
            self.records = records.map { Array($0.utf8) }
            self.tokens = tokens.map { Array($0.utf8) }
        }
    }

    private static let archive = Format(
        .har,
        [
            #"{"startedDateTime":"2026-11-01T12:00:00.123+02:00","time":81.25,"serverIPAddress":"192.0.2.7","comment":"slow","request":{"method":"POST","url":"https://u:p@api.example.com/v1?api_key=made-up&b=%41","httpVersion":"h2","headers":[{"name":":path","value":"/"},{"name":"Authorization","value":"Bearer made-up-1"},{"name":"traceparent","value":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}],"cookies":[{"name":"a","value":"b"}],"bodySize":11,"postData":{"mimeType":"x","text":"{\"a\":\"\u00fc\ud83d\udc4b\"}","params":[{"name":"a b","value":"%41&"}]}},"response":{"status":422,"headers":[{"name":"Set-Cookie","value":"a=1\nb=2"}],"cookies":[],"content":{"size":17,"text":"AAEC","encoding":"base64"}},"timings":{"send":1,"wait":80,"ssl":-1,"receive":0.25}}"#,
            #"{"time":null,"request":{"method":"GET","url":"data:x","headers":[],"cookies":[{"name":"c","value":"d"}],"postData":{"params":[{"name":"password","value":"made-up"}]}},"response":{"status":0,"_error":"net::ERR_FAILED","cookies":[{"name":"s","value":"t","path":"/","httpOnly":true}],"content":{"size":99}},"timings":{"connect":null,"wait":1e2}}"#,
            #"{"startedDateTime":"2026-11-01T12:00:00Z","request":{"method":"","url":""},"response":{"status":200,"content":{"size":9,"text":"abc"}},"_connectorLog":{"connector_identifier":"crm","event":"e","outcome":"failed","duration_ms":12.345,"request_id":"r","flow_id":"f","flow_version":"1","state_id":"s","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","error_name":"E","attributes":{"a":1,"b":true,"c":"x"},"response_body_size":12,"response_body_truncated":true}}"#,
        ],
        [
            #""log":{"#, #""entries":["#, #""version":"2""#, #""request":"#, #""url":"","#,
            #""headers":[{"name":"x"}],"#,
            #""encoding":"base64","#, #""_connectorLog":{},"#, #""_connectorLog":{"attributes":{"x":{}}},"#,
            #""params":"#,
            "]}}", "},{", "-1", "1e400",
        ])

    private static let nginx = Format(
        .nginxLog,
        [
            #"{"msec":"1793534400.750","request_time":"0.250","request_method":"POST","scheme":"https","host":"h","request_uri":"/v3?token=made-up","status":"502","upstream_response_time":"0.100, 0.140 : 1","request_id":"5f2b","http_traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","http_cookie":"a=b","cookie_a":"b","sent_http_x_y":"z","content_length":"120","request_body":"a=1","body_bytes_sent":"157","more":{"a":[1]}}"#,
            #"{"time_iso8601":"2026-11-01T12:00:00+00:00","connector":"crm","state_id":"s","flow_id":"f","status":"000","request_uri":"http://v/","proxy_host":"api.example.com:443"}"#,
        ],
        [
            #""msec":"","#, #""msec":"99999999999999999999.999","#, #""status":"-","#, #""http_":"x","#,
            #""cookie_":"x","#, "-",
            ", ", " : ", #""request_time":"9e9","#, #""upstream_response_time":"9223372036854, 9223372036854","#,
        ])

    private static let envoy = Format(
        .envoyLog,
        [
            #"{"start_time":"2026-11-01T12:00:00.123Z","duration":41,"method":"GET","scheme":"https","authority":"api.example.com:443","path":"/v1?key=made-up","response_code":200,"response_flags":"-","request_id":"r","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","bytes_received":0,"bytes_sent":512,"request_headers":{"authorization":"Bearer made-up"},"response_headers":{"a":"b"},"upstream_host":null}"#,
            #"{"start_time":"x","response_code":0,"response_flags":"UF,URX","upstream_transport_failure_reason":"refused","authority":"[::1]:80","path":null}"#,
        ],
        [
            #""response_flags":"DI,","#, #""response_flags":",","#, #""response_code":"","#, #""request_headers":[],"#,
            #""authority":"[","#, #""authority":":","#, #""duration":-5,"#, #""duration":1e9,"#,
        ])

    /// What turns up where a parser goes wrong.
    private static let tokens: [[UInt8]] =
        ["\"", "\\", "\\u", "\\ud800", "\\u0000", "{", "}", "[", "]", ":", ",", "null", "1e999", "\n", " ", "\u{FEFF}"]
        .map { Array($0.utf8) } + [[0xFF], [0xE2, 0x82], [0x00], [UInt8](repeating: UInt8(ascii: "["), count: 80)]

    private static func body(_ format: Format, _ random: inout SeededRandom) -> [UInt8] {
        var records = (0..<Int.random(in: 1...5, using: &random)).map { _ in random.pick(format.records) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let index = Int.random(in: 0..<records.count, using: &random)
            change(&records[index], format, &random)
        }
        guard format.media == .har else { return Array(records.joined(separator: [0x0A])) }
        var body = Array(#"{"log":{"version":"1.2","pages":[{"id":"entries"}],"entries":["#.utf8)
        body += records.joined(separator: [0x2C]) + Array(#"],"comment":""}}"#.utf8)
        while random.chance(25) { change(&body, format, &random) }
        return body
    }

    private static func change(_ bytes: inout [UInt8], _ format: Format, _ random: inout SeededRandom) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 0...12, using: &random))
        let token = random.pick(random.chance(50) ? tokens : format.tokens)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 1: bytes.removeSubrange(at..<end)
        case 2: bytes.insert(contentsOf: token, at: at)
        case 3: bytes.replaceSubrange(at..<end, with: token)
        case 4: if random.chance(20) { bytes.removeSubrange(at...) }
        case 5:
            // Behind a comma, where a member may begin.
            if let comma = bytes[at...].firstIndex(of: 0x2C) { bytes.insert(contentsOf: token, at: comma + 1) }
        default:
            // Part of another record.
            let other = random.pick(format.records)
            let from = Int.random(in: 0..<other.count, using: &random)
            bytes.replaceSubrange(at..<end, with: other[from..<min(other.count, from + 40)])
        }
    }

    private struct Seen: Equatable {
        var accepted = 0
        var rejected: [RejectedLine] = []
        var entries = EntryColumns()
        var isRefused = false
    }

    private func run(_ body: [UInt8], _ media: IngestFormat.Media, cuts: [Int]) async -> Seen {
        var seen = Seen()
        do {
            let run = try await IngestRun(body, media: media, cuts: cuts)
            (seen.accepted, seen.rejected) = (run.outcome.accepted, run.rejected)
            if let batch = run.batch { seen.entries = batch.entries }
        } catch {
            seen.isRefused = true
        }
        return seen
    }

    private func check(_ format: Format, _ name: String, count: UInt64) async {
        for var round in FuzzRounds(name, count: count) {
            let body = Self.body(format, &round.random)
            let seen = await run(body, format.media, cuts: [])
            let cuts = (0..<Int.random(in: 1...8, using: &round.random)).map { _ in
                Int.random(in: 0...body.count, using: &round.random)
            }
            let again = await run(body, format.media, cuts: cuts.sorted())
            #expect(seen == again, "round \(round.number): the outcome depends on how the body is cut")
            #expect(seen.accepted == seen.entries.count, "round \(round.number)")
            // A record's bytes once, at most six for one in an escape's place, a receipt, and what was left out.
            #expect(seen.entries.byteCount <= body.count * 8 + 4096 * (seen.accepted + 1), "round \(round.number)")
            let numbers = seen.rejected.map(\.line)
            #expect(numbers == Array(Set(numbers)).sorted(), "round \(round.number): told once each, in order")
            for row in 0..<seen.entries.count { expectFields(of: seen.entries, row, round.number) }
        }
    }

    /// What every way in promises to the store.
    private func expectFields(of entries: EntryColumns, _ row: Int, _ round: UInt64) {
        #expect(entries.string(.connector, row).map(Connector.isIdentifier) == true, "round \(round)")
        #expect(entries.statuses[row] == 0 || (100...599).contains(entries.statuses[row]), "round \(round)")
        #expect((-1...86_400_000_000).contains(entries.durations[row]), "round \(round)")
        #expect(entries.logTimes[row] >= 0, "round \(round)")
        #expect((entries.string(.uri, row)?.unicodeScalars.count ?? 0) <= 2 * Limits.uri, "round \(round)")
        for field in EntryTextField.allCases where field != .requestBody && field != .responseBody {
            guard let bytes = entries[field][row] else { continue }
            if field == .requestHeaders || field == .responseHeaders {
                #expect(HeaderList.decode(bytes) != nil, "round \(round): \(field)")
            } else {
                #expect(String(validating: bytes, as: UTF8.self) != nil, "round \(round): \(field)")
            }
        }
    }

    @Test func archives() async { await check(Self.archive, "har", count: 500) }
    @Test func nginxLogs() async { await check(Self.nginx, "nginx", count: 500) }
    @Test func envoyLogs() async { await check(Self.envoy, "envoy", count: 500) }
}

extension EntryColumns {
    fileprivate func string(_ field: EntryTextField, _ row: Int) -> String? { self[field].string(row) }
}
