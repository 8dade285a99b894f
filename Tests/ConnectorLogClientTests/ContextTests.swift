import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct ContextTests {
    @Test func whatIsGivenHoldsWithinAndNothingElse() async {
        await ConnectorLogContext.with(flowID: "f", flowName: "F", flowVersion: "1", stateID: "s", event: "data.load") {
            #expect(
                ConnectorLogContext.current
                    == ConnectorLogContext(
                        flowID: "f", flowName: "F", flowVersion: "1", stateID: "s", event: "data.load"))
        }
        #expect(ConnectorLogContext.current == ConnectorLogContext())
    }

    @Test func anInnerContextAddsToTheOuterOne() async {
        await ConnectorLogContext.with(flowID: "f", stateID: "s", event: "data.load") {
            await ConnectorLogContext.with(event: "data.save") {
                #expect(
                    ConnectorLogContext.current == ConnectorLogContext(flowID: "f", stateID: "s", event: "data.save"))
            }
        }
    }

    @Test func aSpanIsOfItsOwnTrace() async {
        await ConnectorLogContext.with(traceID: "t1", spanID: "s1") {
            await ConnectorLogContext.with(traceID: "t2") {
                #expect(ConnectorLogContext.current == ConnectorLogContext(traceID: "t2"))
            }
            await ConnectorLogContext.with(spanID: "s2") {
                #expect(ConnectorLogContext.current == ConnectorLogContext(traceID: "t1", spanID: "s2"))
            }
        }
    }

    @Test func childTasksHaveIt() async {
        await ConnectorLogContext.with(stateID: "s") {
            async let child = ConnectorLogContext.current.stateID
            #expect(await child == "s")
        }
    }

    @Test func entriesAndFaultsTakeWhatTheyLeaveOpen() async throws {
        let test = try RecorderUnderTest()
        let records = try await test.records {
            await ConnectorLogContext.with(flowID: "f", stateID: "s") {
                test.recorder.record(.numbered(1))
                var fault = ConnectorLogFault(name: "Data Save Fault")
                fault.context.stateID = "mine"
                test.recorder.record(fault)
            }
        }
        #expect(records.map { $0["state_id"] } == ["s", "mine"])
        #expect(records.map { $0["flow_id"] } == ["f", "f"])
    }
}
