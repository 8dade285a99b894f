import ConnectorLogCore
import Foundation

/// Entries of a file of the workload, as drafts whose texts lie in memory as a decoder leaves them.
struct EntryCost {
    private var drafts: [EntryDraft] = []
    private var fields = 0
    private var bytes = 0

    private static let batch = 1000

    init(path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                continue
            }
            append(object)
        }
    }

    private mutating func append(_ object: [String: Any]) {
        var draft = EntryDraft()
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
        drafts.append(draft)
    }

    private mutating func headers(_ value: Any?) -> [EntryDraft.Header] {
        (value as? [String: String] ?? [:]).sorted { $0.key < $1.key }.compactMap { name, value in
            guard let name = text(name), let value = text(value) else { return nil }
            return EntryDraft.Header(name: name, value: value)
        }
    }

    /// In memory that lives as long as the process.
    private mutating func text(_ value: Any?) -> UnsafeRawBufferPointer? {
        guard let value = value as? String else { return nil }
        fields += 1
        bytes += value.utf8.count
        // Room behind it, as every line of a request has, but the last.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: value.utf8.count + 64, alignment: 1)
        memory.copyBytes(from: value.utf8)
        return UnsafeRawBufferPointer(rebasing: memory[..<value.utf8.count])
    }

    func measure(rounds: Int) -> [String: Any] {
        let none = RedactionBook(placeholderKey: Array(repeating: 7, count: 32))
        let known = RedactionBook(placeholderKey: Array(repeating: 7, count: 32))
        let teams = Set(drafts.map(\.teamID))
        let secrets = makeSecrets(200)
        let started = cpuSeconds()
        for team in teams { known.setSecrets(secrets, team: team, connector: nil) }
        let built = (cpuSeconds() - started) / Double(teams.count)
        var best = [Double](repeating: .infinity, count: 3)
        for _ in 0..<rounds {
            // In turn, so that all meet the same noise.
            best[0] = min(best[0], time { copy(drafts[$0]) })
            best[1] = min(best[1], time { redact(drafts[$0], none) })
            best[2] = min(best[2], time { redact(drafts[$0], known) })
        }
        func cost(_ seconds: Double) -> Double { (seconds / Double(drafts.count) * 1e9).rounded() / 1000 }
        return [
            "entries": drafts.count, "fields_an_entry": Double(fields) / Double(drafts.count),
            "bytes_an_entry": bytes / max(drafts.count, 1), "secrets": secrets.count,
            "copied_us": cost(best[0]), "redacted_us": cost(best[1]), "redacted_with_secrets_us": cost(best[2]),
            "redaction_us": cost(best[2] - best[0]), "secrets_us": cost(best[2] - best[1]),
            "building_ms": (built * 1e5).rounded() / 100,
        ]
    }

    private func time(_ body: (Range<Int>) -> Void) -> Double {
        let started = cpuSeconds()
        for start in stride(from: 0, to: drafts.count, by: Self.batch) {
            body(start..<min(start + Self.batch, drafts.count))
        }
        return cpuSeconds() - started
    }

    private func redact(_ drafts: ArraySlice<EntryDraft>, _ book: RedactionBook) {
        var builder = RedactingBatchBuilder(book: book)
        for draft in drafts { builder.append(draft) }
        precondition(builder.count == drafts.count)
    }

    /// What is left of it when there is nothing to look for: every text copied.
    private func copy(_ drafts: ArraySlice<EntryDraft>) {
        var output = ByteScratch()
        for draft in drafts { Self.copy(draft, to: &output) }
        precondition(output.count > 0)
    }

    private static func copy(_ draft: borrowing EntryDraft, to output: inout ByteScratch) {
        output.append(draft.connector)
        for text in [
            draft.event, draft.method, draft.uri, draft.requestID, draft.flowID, draft.flowName, draft.flowVersion,
            draft.stateID, draft.traceID, draft.spanID, draft.errorName, draft.errorMessage, draft.requestBody?.bytes,
            draft.responseBody?.bytes,
        ] {
            if let text { output.append(text) }
        }
        for headers in [draft.requestHeaders, draft.responseHeaders] {
            for header in headers {
                HeaderList.append(header.name, to: &output)
                HeaderList.append(header.value, to: &output)
            }
        }
    }
}
