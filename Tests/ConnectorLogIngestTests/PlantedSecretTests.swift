import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Foundation
import Testing

/// Secrets of every kind, in every form, at every place, through the way in: nothing of them is in what goes to the store.
/// `StoredSecretsTests` says the same of everything that a server keeps and shows.
@Suite
struct PlantedSecretTests {
    /// `CONNECTORLOG_PLANTED_LINES` for more.
    private static let lines =
        ProcessInfo.processInfo.environment["CONNECTORLOG_PLANTED_LINES"].flatMap(Int.init) ?? 4000

    @Test func leaveNothingInTheBatch() async throws {
        var planter = SecretPlanter(seed: 11) { coding, bytes in
            switch coding {
            case .gzip: Compressed.gzip(bytes)
            case .deflate: Compressed.deflate(bytes)
            case .zstd: Compressed.zstd(bytes)
            }
        }
        let book = Fixtures.redactionBook()
        for (connector, secrets) in Dictionary(grouping: planter.known, by: \.connector) {
            let values = secrets.map { KnownSecret(value: Array($0.value.utf8), ignoresCase: $0.ignoresCase) }
            book.setSecrets(values, team: 7, connector: connector)
        }
        book.secondLook.onHit { Issue.record("the first look left something in \($0)") }
        var planted = 0
        var left: [String: Int] = [:]
        var example: [String: String] = [:]
        for _ in 0..<Self.lines {
            let line = planter.next()
            let run = try await IngestRun(Array(line.json.utf8), book: book)
            #expect(run.rejected.isEmpty, "\(line.json): \(run.rejected)")
            let batch = try #require(run.batch)
            let stored = Self.bytes(of: batch)
            for secret in line.secrets {
                planted += 1
                let search = NeedleSearch(secret.needles + secret.furtherNeedles)
                guard let found = search.occurring(in: stored).first else { continue }
                let what = "\(secret.combination) \(secret.encodings)"
                left[what, default: 0] += 1
                example[what] =
                    "\(secret.written)\n  left: \(String(decoding: search.needles[found], as: UTF8.self))\n  in \(String(decoding: stored, as: UTF8.self))"
            }
        }
        #expect(planted > Self.lines * 2)
        #expect(left.isEmpty, "\(left.values.reduce(0, +)) of \(planted) left")
        for (what, count) in left.sorted(by: { $0.key < $1.key }).prefix(60) {
            Issue.record("\(count)x \(what): \(example[what] ?? "")")
        }
    }

    /// All texts of a batch.
    private static func bytes(of batch: RedactedBatch) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in EntryTextField.allCases { bytes += batch.entries[field].bytes + [0x0A] }
        for fault in batch.faults { bytes += Array("\(fault)".utf8) + (fault.responseBody?.bytes ?? []) + [0x0A] }
        for state in batch.states { bytes += Array("\(state)".utf8) + [0x0A] }
        return bytes
    }
}

/// Traffic without a secret passes unchanged: of ten thousand fields at most one is wrongly redacted.
@Suite
struct CleanTrafficRedactionTests {
    @Test func hardlyAnythingIsTakenForASecret() async throws {
        var traffic = CleanTraffic(seed: 3)
        var fields = 0
        var wrong = 0
        var examples: [String] = []
        let book = Fixtures.redactionBook()
        // As a busy team has: none of them is in the traffic.
        let known = SecretPlanter(seed: 4).known.map { KnownSecret(value: Array($0.value.utf8)) }
        book.setSecrets(known, team: 7, connector: nil)
        book.secondLook.onHit { Issue.record("the second look took \($0)") }
        for _ in 0..<6000 {
            let line = traffic.next()
            fields += line.fields
            let run = try await IngestRun(Array(line.json.utf8), book: book)
            let batch = try #require(run.batch)
            let receipts =
                (0..<batch.entries.count).flatMap { row in
                    batch.entries[.receipt][row].flatMap(Receipt.decode) ?? []
                } + batch.faults.flatMap(\.receipt)
            for redaction in receipts where redaction.rule != .decompressed {
                wrong += redaction.count
                examples.append(
                    "\(redaction.rule.name) in \(redaction.field) of \(line.vendor): \(line.json.prefix(600))")
            }
        }
        #expect(fields > 150_000)
        #expect(wrong * 10_000 <= fields, "\(wrong) of \(fields) fields")
        if wrong * 10_000 > fields { for example in examples.prefix(30) { Issue.record("\(example)") } }
    }
}
