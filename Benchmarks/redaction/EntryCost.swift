import ConnectorLogCore
import Foundation

/// Entries of a file of the workload, as drafts whose texts lie in memory as a decoder leaves them.
struct EntryCost {
    private let drafts: UnsafeMutablePointer<EntryDraft>
    private var teams: Set<Int64> = []
    private var count = 0
    private var fields = 0
    private var bytes = 0
    /// Of the entry that is read, and how much of it has text.
    private var line = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var taken = 0

    private static let batch = 1000

    init(path: String) throws {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        drafts = .allocate(capacity: lines.count)
        for line in lines {
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                continue
            }
            append(object, lineBytes: line.utf8.count)
        }
    }

    private mutating func append(_ object: [String: Any], lineBytes: Int) {
        line = .allocate(byteCount: lineBytes, alignment: 1)
        line.initializeMemory(as: UInt8.self, repeating: 0x20)
        taken = 0
        var draft = EntryDraft()
        draft.memory.0 = UnsafeRawBufferPointer(line)
        draft.teamID = (object["team_id"] as? Int64) ?? 1
        draft.logTime = 1
        draft.status = object["status"] as? Int ?? 0
        draft.connector = text(object["connector_identifier"]) ?? draft.connector
        draft.event = text(object["event"])
        draft.method = text(object["method"])
        draft.uri = text(object["uri"])
        draft.requestID = text(object["request_id"])
        draft.flowID = text(object["flow_id"])
        draft.flowName = text(object["flow_name"])
        draft.flowVersion = text(object["flow_version"].map { "\($0)" })
        draft.stateID = text(object["state_id"])
        draft.traceID = text(object["trace_id"])
        draft.spanID = text(object["span_id"])
        draft.errorName = text(object["error_name"])
        draft.errorMessage = text(object["error_message"])
        draft.requestHeaders = headers(object["request_headers"])
        draft.responseHeaders = headers(object["response_headers"])
        draft.requestBody = text(object["request_body"]).map(EntryDraft.Body.init(bytes:))
        draft.responseBody = text(object["response_body"]).map(EntryDraft.Body.init(bytes:))
        teams.insert(draft.teamID)
        (drafts + count).initialize(to: draft)
        count += 1
    }

    private mutating func headers(_ value: Any?) -> [EntryDraft.Header] {
        (value as? [String: String] ?? [:]).sorted { $0.key < $1.key }.compactMap { name, value in
            guard let name = text(name), let value = text(value) else { return nil }
            return EntryDraft.Header(name: name, value: value)
        }
    }

    /// In the line's memory, which lives as long as the process.
    private mutating func text(_ value: Any?) -> UnsafeRawBufferPointer? {
        guard let value = value as? String else { return nil }
        fields += 1
        bytes += value.utf8.count
        let between = #"":""#.utf8
        line[taken...].copyBytes(from: between)
        let start = taken + between.count
        line[start...].copyBytes(from: value.utf8)
        taken = start + value.utf8.count
        return UnsafeRawBufferPointer(rebasing: line[start..<taken])
    }

    func measure(rounds: Int) -> [String: Any] {
        let none = RedactionBook(placeholderKey: Array(repeating: 7, count: 32))
        let known = RedactionBook(placeholderKey: Array(repeating: 7, count: 32))
        let secrets = makeSecrets(200)
        let started = cpuSeconds()
        for team in teams { known.setSecrets(secrets, team: team, connector: nil) }
        let built = (cpuSeconds() - started) / Double(teams.count)
        var best = [Double](repeating: .infinity, count: 3)
        for _ in 0..<rounds {
            // In turn, so that all meet the same noise.
            best[0] = min(best[0], time { copy($0) })
            best[1] = min(best[1], time { redact($0, none) })
            best[2] = min(best[2], time { redact($0, known) })
        }
        func cost(_ seconds: Double) -> Double { (seconds / Double(count) * 1e9).rounded() / 1000 }
        return [
            "entries": count, "fields_an_entry": Double(fields) / Double(count),
            "bytes_an_entry": bytes / max(count, 1), "secrets": secrets.count,
            "copied_us": cost(best[0]), "redacted_us": cost(best[1]), "redacted_with_secrets_us": cost(best[2]),
            "redaction_us": cost(best[2] - best[0]), "secrets_us": cost(best[2] - best[1]),
            "building_ms": (built * 1e5).rounded() / 100,
        ]
    }

    private func time(_ body: (Range<Int>) -> Void) -> Double {
        let started = cpuSeconds()
        for start in stride(from: 0, to: count, by: Self.batch) {
            body(start..<min(start + Self.batch, count))
        }
        return cpuSeconds() - started
    }

    private func redact(_ range: Range<Int>, _ book: RedactionBook) {
        var builder = RedactingBatchBuilder(book: book)
        for at in range { builder.append(drafts[at]) }
        let made = builder.finish().count
        precondition(made == range.count)
    }

    /// What is left of it when there is nothing to look for: every text goes into the same columns as it is.
    private func copy(_ range: Range<Int>) {
        var columns = EntryColumnsBuilder()
        for at in range { Self.copy(drafts[at], to: &columns) }
        let made = columns.finish().count
        precondition(made == range.count)
    }

    private static func copy(_ draft: borrowing EntryDraft, to columns: inout EntryColumnsBuilder) {
        var row = columns.makeRow()
        row.teamID = draft.teamID
        row.logTime = draft.logTime
        row.status = Int64(draft.status)
        row.duration = draft.duration
        func copy(_ text: UnsafeRawBufferPointer?, _ field: EntryTextField) {
            guard let text else { return }
            columns[field].append(text)
            columns.endText(field, of: &row)
        }
        copy(draft.connector, .connector)
        copy(draft.event, .event)
        copy(draft.method, .method)
        copy(draft.uri, .uri)
        copy(draft.requestID, .requestID)
        copy(draft.flowID, .flowID)
        copy(draft.flowName, .flowName)
        copy(draft.flowVersion, .flowVersion)
        copy(draft.stateID, .stateID)
        copy(draft.traceID, .traceID)
        copy(draft.spanID, .spanID)
        copy(draft.errorName, .errorName)
        copy(draft.errorMessage, .errorMessage)
        copy(draft.requestHeaders, .requestHeaders)
        copy(draft.responseHeaders, .responseHeaders)
        copy(draft.requestBody?.bytes, .requestBody)
        copy(draft.responseBody?.bytes, .responseBody)
        func copy(_ headers: [EntryDraft.Header], _ field: EntryTextField) {
            if headers.isEmpty { return }
            for header in headers {
                HeaderList.append(header.name, to: &columns[field])
                HeaderList.append(header.value, to: &columns[field])
            }
            columns.endText(field, of: &row)
        }
        columns.append(row)
    }
}
