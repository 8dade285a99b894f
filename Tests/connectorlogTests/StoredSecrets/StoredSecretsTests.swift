import ConnectorLogAPI
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogCore
@testable import connectorlog

/// Secrets of every kind, in every form, at every place, through every way in of a server at work: nothing of them is in its
/// files, log, metrics, answers and pages. And with both looks off all are there, so that this can fail.
@Suite(.timeLimit(.minutes(30))) struct StoredSecretsTests {
    /// `CONNECTORLOG_PLANTED_LINES` for more.
    private static let lines =
        ProcessInfo.processInfo.environment["CONNECTORLOG_PLANTED_LINES"].flatMap(Int.init) ?? 3400

    /// `CONNECTORLOG_PLANTED_SAMPLING=1` reads the pages of all that was sent.
    private static let sampling =
        ProcessInfo.processInfo.environment["CONNECTORLOG_PLANTED_SAMPLING"].flatMap(Int.init) ?? 10

    @Test func nothingThatWasPlantedIsStoredOrShown() async throws {
        let run = try await StoredSecretsRun(lines: Self.lines, looks: Looks(), sampling: Self.sampling)
        run.expectPlanting(ofAtLeast: Self.lines * 3)
        #expect(run.evidence.findings.isEmpty, "\(run.evidence.findings.count) of \(run.planted) seen")
        for finding in run.evidence.findings.prefix(40) { Issue.record("\(finding)") }
        #expect(run.kept.isEmpty, "\(run.kept.count) of \(run.planted) kept")
        for secret in run.kept.prefix(40) { Issue.record("kept: \(secret)") }
        #expect(run.verification == .success)
    }

    @Test func withoutRedactionAllThatWasPlantedIsFound() async throws {
        let run = try await StoredSecretsRun(
            lines: Self.lines, looks: Looks(first: false, second: false), sampling: 100)
        run.expectPlanting(ofAtLeast: Self.lines * 3)
        #expect(run.missed.isEmpty, "\(run.missed.count) of \(run.planted) not found")
        for secret in run.missed.prefix(40) { Issue.record("not found: \(secret)") }
        // In raw bytes, too: a search that reads nothing would find nothing in the other run.
        let findings = run.evidence.findings
        #expect(findings.contains { $0.contains(" at the file ") && $0.hasSuffix(" of the running server") })
        #expect(findings.contains { $0.contains(" at the answer to GET /teams/1/logs/") })
        #expect(run.verification == .secretsFound)
    }
}
