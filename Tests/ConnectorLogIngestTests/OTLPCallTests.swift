import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import SwiftProtobuf
import Testing

@testable import ConnectorLogIngest

/// What becomes of spans of calls. The official exporters send theirs in `Tests/AcceptanceTests/test_otlp.py`.

@Suite("OTLP: calls")
struct OTLPCallTests {
    // MARK: - What is a call

    @Test(arguments: [
        (3, ["http.request.method": "GET"], true), (3, ["http.status_code": "200"], true),
        (3, ["db.system": "redis"], false), (2, ["http.request.method": "GET", "url.full": "https://h/"], false),
        (1, ["http.request.method": "GET"], false), (0, ["url.full": "https://h/"], true),
        (0, ["http.request.method": "GET"], false),
    ])
    func spansOfClientsWithHTTPAreCalls(kind: Int, attributes: [String: String], isCall: Bool) async throws {
        var span = OTLPSpan()
        span.kind = Int32(kind)
        span.attributes = attributes.map { SpanOfLine.attribute($0.key, $0.value) }
        let run = try await OTLPRun([span])
        #expect(run.outcome.stored == (isCall ? 1 : 0))
        #expect(run.outcome.skipped == (isCall ? 0 : 1))
    }

    // MARK: - Fields

    @Test(arguments: [
        (["connector.identifier": "a", "peer.service": "b"], "a"), (["peer.service": "b"], "b"), ([:], "worker"),
        (["peer.service": "Acme CRM (EU)"], "Acme-CRM-EU"), (["peer.service": "///"], "worker"),
        (["peer.service": String(repeating: "x", count: 101)], "worker"),
    ])
    func connectorIsTheFirstOfItsNames(attributes: [String: String], connector: String) async throws {
        let run = try await OTLPRun([.call(attributes)])
        #expect(run.batch?.text(.connector) == connector)
    }

    @Test(arguments: [
        (["url.full": "https://h/a?b=1"], "https://h/a?b=1"),
        (["server.address": "h", "url.path": "/a", "url.query": "b=1"], "https://h/a?b=1"),
        (["server.address": "h", "server.port": "443", "url.scheme": "https", "url.path": "a"], "https://h/a"),
        (["server.address": "h", "server.port": "8443"], "https://h:8443"),
        (
            ["http.host": "h:8080", "net.peer.port": "8080", "http.scheme": "http", "http.target": "/a"],
            "http://h:8080/a"
        ),
        (["url.path": "/a"], "/a"),
        (
            ["server.address": "2001:db8::443", "server.port": "8443", "url.path": "/a"],
            "https://[2001:db8::443]:8443/a"
        ),
    ])
    func addressIsWholeOrPutTogether(attributes: [String: String], uri: String) async throws {
        var span = OTLPSpan.call(attributes)
        if attributes["url.full"] == nil { span.attributes.removeAll { $0.key == "url.full" } }
        let run = try await OTLPRun([span])
        #expect(run.batch?.text(.uri) == uri)
    }

    @Test func serviceThatNobodyNamedIsNoConnector() async throws {
        let span = OTLPSpan.call(["server.address": "api.example.com"])
        let run = try await OTLPRun(SpanOfLine.request([span], service: "unknown_service:python"))
        #expect(run.batch?.text(.connector) == "api-example-com")
    }

    @Test(arguments: ["x-request-id", "X-Request-ID", "x_request_id"])
    func requestIDIsItsHeaders(name: String) async throws {
        var span = OTLPSpan.call(["http.request.header.\(name)": "r-1"])
        if name.contains("_") {
            span.attributes.removeAll { $0.key == "http.request.method" }
            span.attributes.append(SpanOfLine.attribute("http.method", "GET"))
        }
        #expect(try await OTLPRun([span]).batch?.text(.requestID) == "r-1")
    }

    @Test func methodThatTheConventionsDoNotKnowHasItsOwnAttribute() async throws {
        let run = try await OTLPRun([
            .call(["http.request.method": "_OTHER", "http.request.method_original": "REPORT"])
        ])
        #expect(run.batch?.text(.method) == "REPORT")
    }

    @Test func timeAndDurationKeepMicroseconds() async throws {
        var span = OTLPSpan.call()
        span.startTimeUnixNano += 123_999
        span.endTimeUnixNano = span.startTimeUnixNano + 1_500_499
        let batch = try #require(try await OTLPRun([span]).batch)
        #expect(batch.entries.logTimes[0] == IngestRun.now.microseconds + 123)
        #expect(batch.entries.durations[0] == 1500)
    }

    @Test func withoutTimesItIsNowAndOfUnknownDuration() async throws {
        var span = OTLPSpan.call()
        (span.startTimeUnixNano, span.endTimeUnixNano) = (0, 5)
        let batch = try #require(try await OTLPRun([span]).batch)
        #expect(batch.entries.logTimes[0] == IngestRun.now.microseconds)
        #expect(batch.entries.durations[0] == -1)
    }

    @Test func durationOfMoreThanADayIsLeftOut() async throws {
        var span = OTLPSpan.call()
        for end in [UInt64.max, span.startTimeUnixNano + 86_400_001 * 1_000_000] {
            span.endTimeUnixNano = end
            let batch = try #require(try await OTLPRun([span]).batch)
            #expect(batch.entries.durations[0] == -1)
            #expect(batch.text(.attributes) == #"{"connectorlog.left_out":"duration_ms"}"#)
        }
    }

    @Test(arguments: [(0, nil, "ok"), (0, 404, "failed"), (1, 404, "ok"), (2, 200, "failed"), (2, nil, "failed")])
    func outcomeIsTheSpansStatusBeforeTheResponses(code: Int, status: Int?, outcome: String) async throws {
        var span = OTLPSpan.call(status.map { ["http.response.status_code": $0] } ?? [:])
        span.status.code = Int32(code)
        if code == 0, status == nil { span.attributes.append(SpanOfLine.attribute("http.status_code", 204)) }
        let batch = try #require(try await OTLPRun([span]).batch)
        #expect(Outcome(rawValue: batch.entries.outcomes[0]) == (outcome == "ok" ? .ok : .failed))
    }

    @Test func errorIsTheExceptionElseTheStatus() async throws {
        var span = OTLPSpan.call(["error.type": "timeout"])
        span.status = .with { ($0.code, $0.message) = (2, "it took too long") }
        var batch = try #require(try await OTLPRun([span]).batch)
        #expect(batch.text(.errorName) == "timeout")
        #expect(batch.text(.errorMessage) == "it took too long")
        span.events = [
            .with {
                $0.name = "exception"
                $0.attributes = [
                    SpanOfLine.attribute("exception.type", "E"), SpanOfLine.attribute("exception.message", "m"),
                ]
            }
        ]
        batch = try #require(try await OTLPRun([span]).batch)
        #expect(batch.text(.errorName) == "E")
        #expect(batch.text(.errorMessage) == "m")
        // A status in place of a type says nothing that the entry does not have.
        batch = try #require(
            try await OTLPRun([.call(["error.type": "404", "http.response.status_code": 404])]).batch)
        #expect(batch.text(.errorName) == nil)
    }

    @Test func bodiesOfWhichOnlyTheSizeIsKnownAreCutToNothing() async throws {
        let batch = try #require(
            try await OTLPRun([
                .call(["http.response.body.size": 70, "http.request.body": "abc", "http.request.body.size": 9])
            ]).batch)
        let request = BodyAttributes(packed: batch.entries.requestBodyAttributes[0])
        #expect(request.originalSize == 9 && request.isTruncated)
        let response = BodyAttributes(packed: batch.entries.responseBodyAttributes[0])
        #expect(response.originalSize == 70 && response.isTruncated)
        #expect(batch.text(.requestBody) == "abc")
        #expect(batch.text(.responseBody) == "")
    }

    @Test func moreThanFitsIsLeftOutAndNamed() async throws {
        var attributes: [String: Any] = ["url.full": "https://h/" + String(repeating: "x", count: 8192)]
        for at in 0..<80 { attributes["a\(at)"] = at }
        attributes["connector.event"] = String(repeating: "e", count: 256)
        let batch = try #require(try await OTLPRun([.call(attributes)]).batch)
        #expect(batch.text(.uri) == nil)
        #expect(batch.text(.event) == nil)
        let kept = try #require(batch.text(.attributes))
        #expect(kept.hasSuffix(#""connectorlog.left_out":"uri, event, attributes"}"#))
        let count = try JSONSerialization.jsonObject(with: Data(kept.utf8)) as? [String: Any]
        #expect(count?.count == Limits.attributeMembers)
    }

    // MARK: - Secrets of a connector that the sender does not name

    @Test func callsOfAServiceAreLookedThroughForTheSecretsOfAllConnectors() async throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("tok3n-of-acme-1".utf8))], team: 7, connector: "acme")
        let span = OTLPSpan.call(["url.full": "https://h/v1/tok3n-of-acme-1/x"])
        let run = try await OTLPRun(SpanOfLine.request([span]), book: book)
        #expect(run.batch?.text(.uri)?.contains("tok3n") == false)
    }

    @Test func bodiesThatAreNotKeptAreNotKeptUnderAnotherName() async throws {
        let book = Fixtures.redactionBook()
        var rules = TeamRedactionRules()
        rules.connectorsWithoutBodies = ["acme"]
        try book.setRules(rules, team: 7)
        let fault = ["flow.name": "f", "flow.response.firstRootFault": #"{"responseBody":"of acme"}"#]
        let run = try await OTLPRun(
            SpanOfLine.request([
                .call(["http.response.body": "of acme"], span: 1), .root(fault),
                .call(["http.response.body": "of crm", "peer.service": "crm"], span: 3),
            ]), book: book)
        #expect(run.batch?.text(.responseBody, 0) == "")
        #expect(run.batch?.text(.responseBody, 1) == "of crm")
        #expect(run.batch?.faults.first?.responseBody?.bytes == [])
    }
}
