import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogIngest

/// Secrets of every kind, in every form, at every place, in reports of Boomi Flow: nothing of them is in what waits, and
/// nothing in what is stored.
@Suite struct BoomiPlantedSecretTests {
    /// `CONNECTORLOG_PLANTED_LINES` for more.
    private static let lines =
        ProcessInfo.processInfo.environment["CONNECTORLOG_PLANTED_LINES"].flatMap(Int.init) ?? 800

    @Test func leaveNothingInWhatWaitsAndInWhatIsStored() async throws {
        var planter = SecretPlanter(seed: 17) { coding, bytes in
            switch coding {
            case .gzip: Compressed.gzip(bytes)
            case .deflate: Compressed.deflate(bytes)
            case .zstd: Compressed.zstd(bytes)
            }
        }
        let book = Fixtures.redactionBook()
        for (connector, known) in Dictionary(grouping: planter.known, by: \.connector) {
            let values = known.map { KnownSecret(value: Array($0.value.utf8), ignoresCase: $0.ignoresCase) }
            book.setSecrets(values, team: 7, connector: connector)
        }
        book.secondLook.onHit { Issue.record("the first look left something in \($0)") }
        var (removed, left) = (0, 0)
        for _ in 0..<Self.lines {
            let line = planter.next()
            let report = try #require(BoomiReportOfLine.make(line.json))
            let run = try await BoomiRun(book: book)
            let outcome = try await run.report(report)
            #expect(outcome.rejected == 0, "\(line.json): \(outcome)")
            let waiting = try await BoomiSecretTests.held(run)
            run.clock.advance(bySeconds: 61)
            try await run.join()
            let held = Array((waiting + (try await BoomiSecretTests.held(run))).utf8)
            removed += held.split(separator: UInt8(ascii: "[")).count { $0.starts(with: Array("secret:".utf8)) }
            for secret in line.secrets {
                let search = NeedleSearch(secret.needles + secret.furtherNeedles)
                guard search.occurring(in: held).first != nil else { continue }
                left += 1
                if left < 20 {
                    Issue.record(
                        "\(secret.combination) \(secret.encodings): \(secret.written)\n  in \(String(decoding: held, as: UTF8.self))"
                    )
                }
            }
        }
        #expect(left == 0)
        #expect(removed > Self.lines)
    }
}
