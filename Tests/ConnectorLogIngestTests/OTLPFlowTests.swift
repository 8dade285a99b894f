import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import OTLPProtobuf
import SwiftProtobuf
import Testing

@testable import ConnectorLogIngest

/// What becomes of spans of runs.

@Suite("OTLP: runs of flows")
struct OTLPFlowTests {
    @Test func rootSpanOfAFlowIsAState() async throws {
        let run = try await OTLPRun([
            .root([
                "flow.name": "Orders", "flow.version": "3", "flow.request.state.id": "s-1", "enduser.id": "Public User",
            ])
        ])
        let state = try #require(run.batch?.states.first)
        #expect(state.stateID == "s-1" && state.flowID == "Orders" && state.flowVersion == "3")
        #expect(state.currentStep == "Save" && state.user == "Public User" && state.status == nil)
        #expect(state.updatedAt == IngestRun.now && state.createdAt == nil)
        #expect(run.outcome == OTLPOutcome.stored(1))
    }

    @Test(arguments: [(0, "done"), (2, "failed")])
    func traceStandsForARunWithoutAnID(code: Int, status: String) async throws {
        // The call is sent before its root, as exporters do.
        let run = try await OTLPRun([.call(trace: 7), .root(["flow.name": "Sync"], trace: 7, code: Int32(code))])
        let state = try #require(run.batch?.states.first)
        #expect(state.stateID == String(repeating: "07", count: 16))
        #expect(state.status?.rawValue == status)
        #expect(state.createdAt == IngestRun.now.advanced(byMicroseconds: -5000))
        #expect(run.batch?.text(.stateID) == state.stateID)
        #expect(run.batch?.text(.flowName) == "Sync")
    }

    @Test func spansBelowTheRootAreNoStates() async throws {
        var span = OTLPSpan.root(["flow.name": "Sync", "flow.request.state.id": "s-1"])
        span.parentSpanID = Data(repeating: 4, count: 8)
        #expect(try await OTLPRun([span]).outcome.skipped == 1)
        // But what the engine alone knows of makes one, whatever called it.
        span.attributes.append(SpanOfLine.attribute("flow.request.invokeType", "FORWARD"))
        #expect(try await OTLPRun([span]).outcome.stored == 1)
    }

    @Test func rootFaultsAreReadAsProblemsOrAsText() async throws {
        let attributes: [String: Any] = ["flow.name": "Orders", "flow.response.hasRootFaults": "True"]
        let problem = #"{"statusCode":"502","message":"no answer","responseHeaders":{"Via":["a","b"]},"uri":7}"#
        for (text, message, status) in [(problem, "no answer", 502), ("it broke", "it broke", nil)] {
            let run = try await OTLPRun([.root(attributes.merging(["flow.response.firstRootFault": text]) { $1 })])
            let fault = try #require(run.batch?.faults.first)
            #expect(fault.name == "Save" && fault.message == message && fault.statusCode == status)
            #expect(fault.responseHeaders.map(\.value) == (status == nil ? [] : ["a", "b"]))
            #expect(fault.uri == nil)
            #expect(run.batch?.states.first?.status == .failed)
        }
    }

    @Test(arguments: [(true, "", true), (false, "", false), (false, "it broke", false)])
    func faultIsWhatTheEngineCallsOne(has: Bool, text: String, isFault: Bool) async throws {
        let span = OTLPSpan.root([
            "flow.name": "Orders", "flow.response.hasRootFaults": has ? "True" : "False",
            "flow.response.firstRootFault": text,
        ])
        #expect(try await OTLPRun([span]).batch?.faults.isEmpty == !isFault)
    }

    private static func failed(
        _ attributes: [String: Any] = [:], exception: [String: String]?, message: String = "", code: Int32 = 2
    ) -> OTLPSpan {
        var span = OTLPSpan.root(["flow.name": "Orders"].merging(attributes) { $1 }, code: code)
        span.name = "run"
        span.status.message = message
        if let exception {
            span.events = [
                .with {
                    $0.name = "exception"
                    $0.attributes = exception.map { SpanOfLine.attribute($0.key, $0.value) }
                }
            ]
        }
        return span
    }

    @Test func theExceptionThatARunFailedWithIsItsRootFault() async throws {
        let exception = [
            "exception.type": "ValueError", "exception.message": "no such order", "exception.stacktrace": "at line 7",
        ]
        let run = try await OTLPRun([
            .call(), Self.failed(exception: exception, message: "ValueError: no such order"),
        ])
        #expect(run.batch?.states.map(\.status) == [.failed])
        let fault = try #require(run.batch?.faults.first)
        #expect(run.batch?.faults.count == 1)
        #expect((fault.name, fault.message, fault.kind) == ("ValueError", "no such order", "exception"))
        #expect(fault.stateID == run.batch?.states.first?.stateID && fault.flowName == "Orders")
    }

    @Test func theStatusOfAFailedRunIsItsRootFaultWhereNoExceptionIs() async throws {
        let run = try await OTLPRun([Self.failed(exception: nil, message: "gave up")])
        let fault = try #require(run.batch?.faults.first)
        #expect((fault.name, fault.message, fault.kind) == ("Root Fault", "gave up", nil))
        let silent = try await OTLPRun([Self.failed(exception: nil)])
        #expect(silent.batch?.states.map(\.status) == [.failed] && silent.batch?.faults == [])
    }

    @Test func anExceptionIsNoRootFaultOfARunThatWentWellOrHasOne() async throws {
        let exception = ["exception.type": "ValueError", "exception.message": "handled"]
        #expect(try await OTLPRun([Self.failed(exception: exception, code: 0)]).batch?.faults == [])
        let done = Self.failed(["flow.status": "done"], exception: exception)
        #expect(try await OTLPRun([done]).batch?.faults == [])
        let told = Self.failed(["flow.response.firstRootFault": "it broke"], exception: exception)
        #expect(try await OTLPRun([told]).batch?.faults.map(\.message) == ["it broke"])
    }

    @Test func runThatHasANameIsNotTakenForItsTrace() async throws {
        let named = OTLPSpan.root(["flow.name": "Orders", "flow.request.state.id": "s-1"], trace: 7)
        var nested = OTLPSpan.root(["flow.name": "Orders", "flow.request.invokeType": "FORWARD"], trace: 7)
        nested.spanID = Data(repeating: 3, count: 8)
        nested.parentSpanID = Data(repeating: 2, count: 8)
        let run = try await OTLPRun([named, nested, .call(trace: 7)])
        #expect(run.batch?.text(.stateID) == "s-1")
        #expect(run.batch?.states.map(\.stateID) == ["s-1"])
        #expect(run.outcome.skipped == 1)
    }

    @Test func faultsAreOfTheConnectorThatEntriesAreOf() async throws {
        let attributes: [String: Any] = [
            "peer.service": "Acme CRM", "flow.name": "f", "flow.response.hasRootFaults": "True",
        ]
        let run = try await OTLPRun([.root(attributes), .call(["peer.service": "Acme CRM"])])
        #expect(run.batch?.faults.first?.connectorIdentifier == "Acme-CRM")
        #expect(run.batch?.text(.connector) == "Acme-CRM")
    }
}
