import ConnectorLogAPI
package import ConnectorLogCore
import Foundation
import NIOHTTP1

/// Entries as an HTTP Archive (HAR 1.2), in pieces, so that a long one never lies in memory whole. What is written is what
/// is stored: redacted, and cut where it was cut.
///
/// What the log does not know gets the format's own sign for that: -1 for sizes, status 0 for a call without a response;
/// and `unknown`, as browsers write it, for the version of HTTP. `_connectorLog` has what HAR has no place for: what reads
/// an archive again (`HARDecoder`) loses nothing by it.
package enum HARDocument {
    /// Before the first entry. The creator's version is that of our own members.
    ///
    /// - Parameter nextCursor: of entries that are in another archive, because they are too many for one.
    package static func head(nextCursor: String? = nil) -> [UInt8] {
        // A cursor needs no escapes.
        let next = nextCursor.map { #""_next_cursor":"\#($0)","# } ?? ""
        return Array(
            #"{"log":{"version":"1.2","creator":{"name":"Connector Log","version":"1"},\#(next)"entries":["#.utf8)
    }

    /// Between two entries.
    package static let separator: [UInt8] = [UInt8(ascii: ","), 0x0A]

    /// After the last entry.
    package static let tail = Array("]}}\n".utf8)

    package static func entry(_ entry: LogEntry) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        let summary = entry.summary
        json.object { json in
            json.member("startedDateTime", summary.logTime)
            json.member("time", thousandths: summary.durationMicroseconds ?? 0)
            json.name("request")
            write(requestOf: entry, to: &json)
            json.name("response")
            write(responseOf: entry, to: &json)
            json.name("cache")
            json.object { _ in }
            json.name("timings")
            json.object { json in
                // How the time was spent nobody recorded: all of it counts as waiting.
                json.member("send", 0)
                json.member("wait", thousandths: summary.durationMicroseconds ?? 0)
                json.member("receive", 0)
            }
            if let comment = comment(on: entry) { json.member("comment", comment) }
            json.name("_connectorLog")
            write(identityOf: entry, to: &json)
        }
        return json.bytes
    }

    /// A name that every file system takes.
    package static func fileName(_ id: String) -> String {
        let name = id.utf8.prefix(80).map { $0.isIdentifierByte ? $0 : UInt8(ascii: "_") }
        return "connector-log-\(String(decoding: name, as: UTF8.self)).har"
    }

    // MARK: - Parts

    private static func write(requestOf entry: LogEntry, to json: inout JSONWriter) {
        let uri = entry.summary.uri ?? ""
        json.object { json in
            json.member("method", entry.summary.method ?? "")
            json.member("url", uri)
            json.member("httpVersion", httpVersion(of: entry))
            json.name("cookies")
            HARCookies.write(requested: entry.requestHeaders, to: &json)
            json.name("headers")
            write(entry.requestHeaders, members: &json)
            json.name("queryString")
            write(query(of: uri).map { HeaderField(name: $0.name, value: $0.value) }, members: &json)
            writeSizes(entry.requestBody, to: &json)
            guard let body = entry.requestBody else { return }
            json.name("postData")
            json.object { json in
                json.member("mimeType", entry.requestHeaders.contentType ?? "")
                json.member("text", body.isBinary ? Base64.encode(body.bytes) : body.text)
                // The format has no member for this in requests.
                if body.isBinary { json.member("_encoding", "base64") }
                if let comment = comment(on: body) { json.member("comment", comment) }
            }
        }
    }

    private static func write(responseOf entry: LogEntry, to json: inout JSONWriter) {
        json.object { json in
            json.member("status", entry.summary.status ?? 0)
            json.member(
                "statusText", entry.summary.status.map { HTTPResponseStatus(statusCode: $0).reasonPhrase } ?? "")
            json.member("httpVersion", httpVersion(of: entry))
            json.name("cookies")
            HARCookies.write(set: entry.responseHeaders, to: &json)
            json.name("headers")
            write(entry.responseHeaders, members: &json)
            json.name("content")
            json.object { json in
                json.member("size", entry.responseBody?.originalSize ?? 0)
                json.member("mimeType", entry.responseHeaders.contentType ?? "")
                if let body = entry.responseBody {
                    json.member("text", body.isBinary ? Base64.encode(body.bytes) : body.text)
                    if body.isBinary { json.member("encoding", "base64") }
                    if let comment = comment(on: body) { json.member("comment", comment) }
                }
            }
            json.member(
                "redirectURL", entry.responseHeaders.first { $0.name.lowercased() == "location" }?.value ?? "")
            writeSizes(entry.responseBody, to: &json)
            if entry.summary.status == nil {
                json.member("_error", entry.summary.errorMessage ?? entry.summary.errorName ?? "no response")
            }
        }
    }

    /// As an archive had it from which the entry came.
    private static func httpVersion(of entry: LogEntry) -> String {
        guard let attributes = entry.attributesJSON, attributes.contains(#""http_version":"#),
            let members = try? JSONDecoder().decode([String: JSONValue].self, from: Data(attributes.utf8)),
            case .text(let version)? = members["http_version"]
        else { return "unknown" }
        return version
    }

    private static func write(_ fields: [HeaderField], members json: inout JSONWriter) {
        json.array { json in
            for field in fields {
                json.object { json in
                    json.member("name", field.name)
                    json.member("value", field.value)
                }
            }
        }
    }

    private static func writeSizes(_ body: Body?, to json: inout JSONWriter) {
        json.member("headersSize", -1)
        json.member("bodySize", body?.originalSize ?? -1)
    }

    private static func write(identityOf entry: LogEntry, to json: inout JSONWriter) {
        let summary = entry.summary
        json.object { json in
            json.member("id", summary.id)
            json.member("team_id", summary.teamID)
            json.member("connector_identifier", summary.connectorIdentifier)
            json.member("event", summary.event)
            json.member("outcome", summary.outcome.name)
            json.member("request_id", summary.requestID)
            json.member("flow_id", summary.flowID)
            json.member("flow_name", summary.flowName)
            json.member("flow_version", summary.flowVersion)
            json.member("state_id", summary.stateID)
            json.member("trace_id", summary.traceID)
            json.member("span_id", summary.spanID)
            json.member("error_name", summary.errorName)
            json.member("error_message", summary.errorMessage)
            json.member("duration_ms", thousandths: summary.durationMicroseconds)
            for (name, body) in [("request_body", entry.requestBody), ("response_body", entry.responseBody)] {
                guard let body else { continue }
                json.name(name + "_size")
                json.write(Int64(body.originalSize))
                json.name(name + "_truncated")
                json.write(body.isTruncated)
            }
            json.member("attributes", verbatim: (entry.attributesJSON ?? "{}").utf8)
            json.member("receipt", entry.receipt)
        }
    }

    // MARK: - Texts

    /// Fields whose escapes are broken stand as they are.
    private static func query(of uri: String) -> [(name: String, value: String)] {
        let query = DisplayURI(uri).query.prefix { $0 != "#" }
        return query.dropFirst().split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func decoded(_ text: Substring) -> String {
                PercentEncoding.decode(text, readsPlusAsSpace: true) ?? String(text)
            }
            return (decoded(parts[0]), parts.count == 2 ? decoded(parts[1]) : "")
        }
    }

    private static func comment(on entry: LogEntry) -> String? {
        if entry.detailsRemovedAt != nil { return "Headers and bodies were removed when their time was over." }
        guard !entry.receipt.isEmpty else { return nil }
        return "Values were removed before this was stored: _connectorLog.receipt tells which rules did it, and where."
    }

    private static func comment(on body: Body) -> String? {
        guard body.isTruncated else { return nil }
        return "Cut: \(body.bytes.count) of \(body.originalSize) bytes were kept."
    }
}
