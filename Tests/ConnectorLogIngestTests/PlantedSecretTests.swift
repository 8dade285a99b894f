import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import Testing

/// Secrets of every kind, in every form, at every place, through the way in: nothing of them is in what goes to the store.
/// `StoredSecretsTests` says the same of everything that a server keeps and shows.
@Suite
struct PlantedSecretTests {
    /// `CONNECTORLOG_PLANTED_LINES` for more.
    private static let lines =
        ProcessInfo.processInfo.environment["CONNECTORLOG_PLANTED_LINES"].flatMap(Int.init) ?? 4000

    /// How a line goes in.
    enum Form: String, CaseIterable {
        case flat, archive, archiveOfAnotherProgram, nginxLog, envoyLog

        var media: IngestFormat.Media {
            switch self {
            case .flat: .ndjson
            case .archive, .archiveOfAnotherProgram: .har
            case .nginxLog: .nginxLog
            case .envoyLog: .envoyLog
            }
        }

        /// Nil when the form has no place for a secret of the line.
        func body(of line: PlantedLine) -> String? {
            switch self {
            case .flat: line.json
            case .archive: line.archiveEntry(at: nil, isOwn: true).map { HARTests.archive($0) }
            case .archiveOfAnotherProgram: line.archiveEntry(at: nil, isOwn: false).map { HARTests.archive($0) }
            case .nginxLog: line.nginxLine(at: nil)
            case .envoyLog: line.envoyLine(at: nil)
            }
        }
    }

    @Test(arguments: Form.allCases) func leaveNothingInTheBatch(form: Form) async throws {
        try await expectNothingLeft(seed: 11) { line, book in
            guard let body = form.body(of: line) else { return nil }
            // Another program's archive names no connector, whose secrets are to be found all the same.
            let run = try await IngestRun(Array(body.utf8), media: form.media, book: book)
            #expect(run.rejected.isEmpty, "\(body): \(run.rejected)")
            let batch: RedactedBatch = try #require(run.batch)
            return batch
        }
    }

    @Test func leaveNothingInTheBatchOfSpans() async throws {
        try await expectNothingLeft(seed: 12) { line, book in
            let span = try #require(SpanOfLine.make(line.json))
            let run = try await OTLPRun(SpanOfLine.request([span]), book: book)
            #expect(run.outcome.rejected == 0, "\(line.json): \(run.outcome)")
            let batch: RedactedBatch = try #require(run.batch)
            return batch
        }
    }

    /// A connector's identifier is made of letters of something else, in which a secret would not be known again.
    @Test(arguments: [
        ("https://T0kenABC.def123.hooks.example.com/", IngestFormat.Media.har),
        ("https://K3yAbc9wq@vendor.example/", .har),
    ])
    func connectorsThatAreMadeOfAHostHoldNoSecret(url: String, media: IngestFormat.Media) async throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("T0kenABC.def123".utf8))], team: 7, connector: nil)
        let archive = HARTests.archive(#"{"request":{"method":"GET","url":"\#(url)"}}"#)
        let connector = try await IngestRun(Array(archive.utf8), media: media, book: book).batch?.text(.connector)
        #expect(connector?.contains("t0ken") == false && connector?.contains("k3y") == false)
        let line = #"{"scheme":"https","authority":"\#(url.dropFirst(8).dropLast())","path":"/v1","method":"GET"}"#
        let ofEnvoy = try await IngestRun(Array(line.utf8), media: .envoyLog, book: book).batch?.text(.connector)
        #expect(ofEnvoy?.contains("t0ken") == false && ofEnvoy?.contains("k3y") == false)
        let span = OTLPSpan.call(["peer.service": String(url.dropFirst(8).dropLast())])
        let ofSpan = try await OTLPRun(SpanOfLine.request([span]), book: book).batch?.text(.connector)
        #expect(ofSpan?.contains("T0ken") == false)
    }

    /// - Parameter send: nil when the line has no place in the form.
    private func expectNothingLeft(
        seed: UInt64, _ send: (_ line: PlantedLine, RedactionBook) async throws -> RedactedBatch?
    ) async throws {
        var planter = SecretPlanter(seed: seed) { coding, bytes in
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
        var bodies = 0
        for _ in 0..<Self.lines {
            let line = planter.next()
            guard let batch = try await send(line, book) else { continue }
            bodies += 1
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
        #expect(bodies >= Self.lines / 100)
        #expect(planted >= bodies)
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
