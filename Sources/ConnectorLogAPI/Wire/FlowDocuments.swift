package import ConnectorLogCore

/// A flow with its states counted.
package struct FlowDocument: Decodable, Equatable, Sendable {
    package var flowID: String
    package var flowName: String?
    package var states: Int
    package var inProgress: Int
    package var done: Int
    package var failed: Int
    package var expired: Int
    package var lastActionAt: Timestamp

    private enum CodingKeys: String, CodingKey {
        case states, done, failed, expired
        case flowID = "flow_id"
        case flowName = "flow_name"
        case inProgress = "in_progress"
        case lastActionAt = "last_action_at"
    }
}

extension FlowSummary: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("flow_id", flowID)
            $0.member("flow_name", flowName)
            $0.member("states", states)
            $0.member("in_progress", inProgress)
            $0.member("done", done)
            $0.member("failed", failed)
            $0.member("expired", expired)
            $0.member("last_action_at", lastActionAt)
        }
    }
}

/// One run of a flow with its calls and faults counted.
package struct StateDocument: Decodable, Equatable, Sendable {
    package var stateID: String
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var status: FlowState.Status
    package var currentStep: String?
    package var user: String?
    package var joinURI: String?
    package var createdAt: Timestamp
    package var lastActionAt: Timestamp
    package var firstCallAt: Timestamp?
    package var lastCallAt: Timestamp?
    package var calls: Int
    package var failedCalls: Int
    package var faults: Int

    private enum CodingKeys: String, CodingKey {
        case status, user, calls, faults
        case stateID = "state_id"
        case flowID = "flow_id"
        case flowName = "flow_name"
        case flowVersion = "flow_version"
        case currentStep = "current_step"
        case joinURI = "join_uri"
        case createdAt = "created_at"
        case lastActionAt = "last_action_at"
        case firstCallAt = "first_call_at"
        case lastCallAt = "last_call_at"
        case failedCalls = "failed_calls"
    }
}

extension FlowState: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("state_id", stateID)
            $0.member("flow_id", flowID)
            $0.member("flow_name", flowName)
            $0.member("flow_version", flowVersion)
            $0.member("status", status.rawValue)
            $0.member("current_step", currentStep)
            $0.member("user", user)
            $0.member("join_uri", joinURI)
            $0.member("created_at", createdAt)
            $0.member("last_action_at", lastActionAt)
            $0.member("first_call_at", firstCallAt)
            $0.member("last_call_at", lastCallAt)
            $0.member("calls", calls)
            $0.member("failed_calls", failedCalls)
            $0.member("faults", faults)
        }
    }
}

/// Entries counted by outcome in buckets of time.
package struct OutcomesDocument: Decodable, Equatable, Sendable {
    package struct Bucket: Decodable, Equatable, Sendable {
        package var start: Timestamp
        package var ok: Int
        package var failed: Int
    }

    package var buckets: [Bucket]
}

extension OutcomeBucket: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("start", start)
            $0.member("ok", ok)
            $0.member("failed", failed)
        }
    }
}
