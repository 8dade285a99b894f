import ConnectorLogAPI
import ConnectorLogCore

/// Makes a sample flow's calls over the network, and writes down each as a connector would: one line in the flat form.
struct SampleConnector: Sendable {
    let transport: any HTTPTransport
    /// How long the connector waits for the answer that never comes; it is recorded as timed out.
    let shortTimeout: Duration
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    let vendorPort: Int
    let deadPort: Int

    /// The lines of the whole run: what it called, what broke, and what became of it.
    func run(_ flow: SampleFlow, team: Int64) async -> [JSONValue] {
        let started = now()
        var lines: [JSONValue] = []
        var retryAfter: Duration = .zero
        for (index, call) in flow.calls.enumerated() {
            // A connector that may not wait any longer goes on at once.
            if call.waitsToRetry { try? await clock.sleep(for: min(retryAfter, .seconds(5))) }
            let requestID = Self.requestID(of: flow, call: index)
            let occurred = now()
            let request = request(call, requestID: requestID)
            let answer = await send(request)
            let microseconds = now().microseconds - occurred.microseconds
            let common: [String: JSONValue] = [
                "team_id": .number(Double(team)), "connector_identifier": .text(call.connector),
                "flow_id": .text(flow.flowID), "flow_name": .text(flow.name), "flow_version": .text(flow.version),
                "state_id": .text(flow.stateID), "log_time": .text(occurred.description), "uri": .text(request.url),
            ]
            let entry = entry(call, request: request, answer: answer, requestID: requestID, microseconds: microseconds)
            lines.append(.object(common.merging(entry) { $1 }))
            if let fault = call.fault {
                lines.append(.object(common.merging(faultMembers(fault, answer: answer, requestID: requestID)) { $1 }))
            }
            if case .success(let response) = answer {
                retryAfter = response.header("Retry-After").flatMap { Int64($0) }.map { .seconds($0) } ?? .zero
            }
        }
        lines.append(state(flow, team: team, started: started))
        return lines
    }

    private func request(_ call: SampleCall, requestID: String) -> HTTPExchange.Request {
        let port = call.target == .vendor ? vendorPort : deadPort
        let headers =
            [
                HTTPExchange.Header("Accept", "application/json"),
                HTTPExchange.Header("User-Agent", "sample-connector/1.0"),
                HTTPExchange.Header("X-Correlation-Id", requestID),
            ] + call.headers
        return HTTPExchange.Request(
            method: call.method, url: "http://127.0.0.1:\(port)\(call.path)", headers: headers,
            body: Array((call.body ?? "").utf8),
            timeout: call.givesUpSoon ? shortTimeout : nil)
    }

    private func send(_ request: HTTPExchange.Request) async -> Result<HTTPExchange.Response, APIFailure> {
        do {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }

    private func entry(
        _ call: SampleCall, request: HTTPExchange.Request, answer: Result<HTTPExchange.Response, APIFailure>,
        requestID: String, microseconds: Int64
    ) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "type": .text("entry"), "event": .text(call.event), "method": .text(call.method),
            "request_id": .text(requestID), "duration_ms": .number(Double(microseconds) / 1000),
            "request_headers": Self.headers(request.headers),
        ]
        if let body = call.body { members["request_body"] = .text(body) }
        switch answer {
        case .success(let response):
            members["status"] = .number(Double(response.status))
            members["response_headers"] = Self.headers(response.headers)
            members["response_body"] = .text(String(decoding: response.body, as: UTF8.self))
        case .failure(let failure):
            members["status"] = .null
            members["error_name"] = .text(Self.errorName(failure))
            members["error_message"] = .text(failure.message)
        }
        return members
    }

    private func faultMembers(
        _ fault: SampleCall.Fault, answer: Result<HTTPExchange.Response, APIFailure>, requestID: String
    ) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "type": .text("fault"), "name": .text(fault.name), "kind": .text(fault.kind),
            "action": .text(fault.action), "invoke_type": .text("FORWARD"), "entry_request_id": .text(requestID),
        ]
        switch answer {
        case .success(let response):
            members["status_code"] = .number(Double(response.status))
            members["message"] = .text("The vendor refused the call with status \(response.status).")
            members["response_headers"] = Self.headers(response.headers)
            members["response_body"] = .text(String(decoding: response.body, as: UTF8.self))
        case .failure(let failure):
            members["status_code"] = .number(502)
            members["message"] = .text("No valid response came: \(failure.message).")
        }
        return members
    }

    private func state(_ flow: SampleFlow, team: Int64, started: Timestamp) -> JSONValue {
        .object([
            "type": .text("state"), "team_id": .number(Double(team)), "state_id": .text(flow.stateID),
            "flow_id": .text(flow.flowID), "flow_name": .text(flow.name), "flow_version": .text(flow.version),
            "status": .text(flow.status.rawValue), "current_step": .text(flow.currentStep), "user": .text(flow.user),
            "created_at": .text(started.description), "updated_at": .text(now().description),
        ])
    }

    /// The state's id with the call's number in its second group: fixed, and told apart from any other.
    static func requestID(of flow: SampleFlow, call: Int) -> String {
        var groups = flow.stateID.split(separator: "-").map(String.init)
        let number = String(call + 1, radix: 16)
        groups[1] = String(repeating: "0", count: 4 - number.count) + number
        return groups.joined(separator: "-")
    }

    private static func headers(_ headers: [HTTPExchange.Header]) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for header in headers {
            switch members[header.name] {
            case nil: members[header.name] = .text(header.value)
            case .array(let values): members[header.name] = .array(values + [.text(header.value)])
            case .some(let value): members[header.name] = .array([value, .text(header.value)])
            }
        }
        return .object(members)
    }

    private static func errorName(_ failure: APIFailure) -> String {
        switch failure.kind {
        case .timedOut: "TimeoutError"
        case .unconnected: "ConnectionRefusedError"
        default: "ConnectionError"
        }
    }
}
