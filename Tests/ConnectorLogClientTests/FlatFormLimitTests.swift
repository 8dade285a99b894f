import Foundation
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

/// What the server would refuse, and what is sent instead.
@Suite(.timeLimit(.minutes(1))) struct FlatFormLimitTests {
    private func json(_ change: (inout ConnectorLogEntry) -> Void) throws -> JSONRecord {
        var entry = ConnectorLogEntry(connector: "crm")
        change(&entry)
        return try #require(JSONRecord.lines(FlatForm(now: SteppedTime.start).line(.entry(entry))).first)
    }

    @Test(arguments: [("crm", "crm"), ("hub spot/é", "hub-spot--"), ("", "unknown")])
    func aConnectorIsWrittenAsTheServerTakesIt(given: String, sent: String) throws {
        #expect(try json { $0.connector = given }["connector_identifier"] == sent)
    }

    @Test func longNamesAreCut() throws {
        let long = String(repeating: "ü", count: 20_000)
        let record = try json { entry in
            entry.connector = String(repeating: "x", count: 101)
            (entry.requestID, entry.errorName) = (long, long)
            entry.context = ConnectorLogContext(
                flowID: long, flowName: long, flowVersion: long, stateID: long, event: long)
        }
        #expect(record["connector_identifier"]?.count == 100)
        for name in ["request_id", "error_name", "flow_id", "flow_name", "flow_version", "state_id", "event"] {
            #expect(record[name]?.unicodeScalars.count == 255, "\(name)")
        }
    }

    @Test(arguments: [99, 600, -1]) func aStatusThatIsNoneIsLeftOut(status: Int) throws {
        #expect(try !json { $0.status = status }.names.contains("status"))
    }

    @Test(arguments: ["", "GET IT", String(repeating: "M", count: 33)])
    func aMethodThatIsNoneIsLeftOut(method: String) throws {
        #expect(try !json { $0.method = method }.names.contains("method"))
    }

    @Test(arguments: ["", "xyz", String(repeating: "0", count: 32), String(repeating: "g", count: 32)])
    func aTraceIDThatIsNoneIsLeftOut(id: String) throws {
        #expect(try !json { $0.context.traceID = id }.names.contains("trace_id"))
    }

    @Test func aTimeThatWouldBeRefusedIsLeftOut() throws {
        for time in [Date(timeIntervalSince1970: -1), SteppedTime.start.addingTimeInterval(86_401)] {
            #expect(try !json { $0.time = time }.names.contains("log_time"))
        }
    }

    @Test(arguments: [(Duration.seconds(-1), 0.0), (.seconds(90_000), 86_400_000), (.nanoseconds(1999), 0.001)])
    func aDurationStaysWithinADay(given: Duration, sent: Double) throws {
        #expect(try json { $0.duration = given }.number("duration_ms") == sent)
    }

    @Test func idsAreWithoutNull() throws {
        #expect(try json { $0.context.stateID = "a\0b" }["state_id"] == "ab")
    }

    @Test func headersPastTheLimitAreLeftOut() throws {
        let value = String(repeating: "v", count: 30_000)
        let record = try json { $0.requestHeaders = ["a": value, "b": value, "c": value] }
        #expect(record.object("request_headers").keys.sorted() == ["a", "b"])
        #expect(record.object("attributes") == ["connectorlog.left_out": "request_headers"])
        let many = HTTPHeaders((0..<300).map { ("x-\($0 % 128)", "v") })
        let fields = try json { $0.responseHeaders = many }.value["response_headers"] as? [String: [String]]
        #expect(fields?.values.map(\.count) == Array(repeating: 2, count: 128))
    }

    @Test func textsPastTheLimitAreLeftOutAndNamed() async throws {
        let test = try RecorderUnderTest()
        let records = try await test.records {
            for count in [8192, 8193] {
                var entry = ConnectorLogEntry(connector: "crm")
                entry.uri = String(repeating: "ü", count: count)
                entry.errorMessage = String(repeating: "ü", count: count * 2)
                test.recorder.record(entry)
            }
            var fault = ConnectorLogFault(name: "f")
            (fault.uri, fault.message) = (String(repeating: "u", count: 8193), String(repeating: "m", count: 16_385))
            test.recorder.record(fault)
            var change = ConnectorLogStateChange(stateID: "s", flowID: "f")
            change.joinURI = fault.uri
            test.recorder.record(change)
        }
        #expect(records[0]["uri"]?.unicodeScalars.count == 8192)
        #expect(records[0]["error_message"]?.unicodeScalars.count == 16_384)
        #expect(!records[0].names.contains("attributes"))
        #expect(records[1].names.isDisjoint(with: ["uri", "error_message"]))
        #expect(records[1].object("attributes") == ["connectorlog.left_out": "uri, error_message"])
        #expect(records[2]["uri"] == "[left out: too long]")
        #expect(records[2]["message"] == "[left out: too long]")
        #expect(!records[3].names.contains("join_uri"))
    }

    @Test func attributesPastTheLimitAreLeftOut() throws {
        let record = try json { entry in
            entry.attributes = ["a": "1", "b": String(repeating: "\u{1}", count: 2000), "c": "3"]
        }
        #expect(record.object("attributes") == ["a": "1", "c": "3", "connectorlog.left_out": "attributes"])
        let many = Dictionary(uniqueKeysWithValues: (0..<100).map { ("n\($0)", "v") })
        #expect(try json { $0.attributes = many }.object("attributes").count == 64)
    }
}
