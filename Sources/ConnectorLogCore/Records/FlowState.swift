/// One run of a flow, as its calls, its faults and its state changes tell it.
package struct FlowState: Hashable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        case inProgress = "in_progress"
        case done
        case failed
        case expired
    }

    package var teamID: Int64
    package var stateID: String
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var status: Status
    package var currentStep: String?
    package var user: String?
    package var joinURI: String?
    package var createdAt: Timestamp
    /// The latest of its state changes, calls and faults.
    package var lastActionAt: Timestamp
    package var firstCallAt: Timestamp?
    package var lastCallAt: Timestamp?
    package var calls: Int
    package var failedCalls: Int
    package var faults: Int

    package init(teamID: Int64, stateID: String, status: Status, createdAt: Timestamp, lastActionAt: Timestamp) {
        self.teamID = teamID
        self.stateID = stateID
        self.status = status
        self.createdAt = createdAt
        self.lastActionAt = lastActionAt
        calls = 0
        failedCalls = 0
        faults = 0
    }
}

/// What a sender says of a flow state. Members that are nil leave what is known as it is.
package struct StateChange: Hashable, Sendable {
    package var teamID: Int64
    package var stateID: String
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var status: FlowState.Status?
    package var currentStep: String?
    package var user: String?
    package var joinURI: String?
    package var createdAt: Timestamp?
    package var updatedAt: Timestamp

    package init(teamID: Int64, stateID: String, updatedAt: Timestamp) {
        (self.teamID, self.stateID, self.updatedAt) = (teamID, stateID, updatedAt)
    }
}

/// A flow of a team with its states counted.
package struct FlowSummary: Hashable, Sendable {
    package var flowID: String
    package var flowName: String?
    package var states: Int
    package var inProgress: Int
    package var done: Int
    package var failed: Int
    package var expired: Int
    package var lastActionAt: Timestamp

    package init(
        flowID: String, flowName: String?, inProgress: Int, done: Int, failed: Int, expired: Int,
        lastActionAt: Timestamp
    ) {
        self.flowID = flowID
        self.flowName = flowName
        self.inProgress = inProgress
        self.done = done
        self.failed = failed
        self.expired = expired
        states = inProgress + done + failed + expired
        self.lastActionAt = lastActionAt
    }
}
