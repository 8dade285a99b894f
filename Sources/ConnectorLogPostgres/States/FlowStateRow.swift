import ConnectorLogCore

/// A row of table `flow_state` while it changes: the rules are those of `LogWriter`. Times in microseconds.
struct FlowStateRow: Equatable {
    var flowID: String?
    var flowName: String?
    var flowVersion: String?
    var status = FlowState.Status.inProgress
    var currentStep: String?
    var user: String?
    var joinURI: String?
    var createdAt: Int64
    /// A change has said when the state was created.
    var isCreatedStated = false
    /// The latest `updatedAt` of its changes.
    var changedAt: Int64?
    var lastActionAt: Int64
    var firstCallAt: Int64?
    var lastCallAt: Int64?
    var calls: Int64 = 0
    var failedCalls: Int64 = 0
    var faults: Int64 = 0

    /// A state that comes into being at `time`.
    init(at time: Int64) { (createdAt, lastActionAt) = (time, time) }

    /// What happens to a state.
    enum Step {
        case delta(FlowStateDelta)
        case change(StateChange)

        /// Its first time.
        var time: Int64 {
            switch self {
            case .delta(let delta): delta.first
            case .change(let change): change.updatedAt.microseconds
            }
        }
    }

    /// A state that has gone through some steps; nil without any.
    init?(_ steps: [Step]) {
        guard let first = steps.first else { return nil }
        self.init(at: first.time)
        add(steps)
    }

    mutating func add(_ steps: [Step]) {
        for step in steps {
            switch step {
            case .delta(let delta): add(delta)
            case .change(let change): add(change)
            }
        }
    }

    /// A fault makes a state that is in progress a failed one. Failed calls alone do not: flows may go on without them.
    private mutating func add(_ delta: FlowStateDelta) {
        if delta.faults > 0, status == .inProgress { status = .failed }
        noteFlow(delta.flowID, delta.flowName, delta.flowVersion)
        if !isCreatedStated { createdAt = min(createdAt, delta.first) }
        lastActionAt = max(lastActionAt, delta.last)
        firstCallAt = [firstCallAt, delta.firstCall].compactMap(\.self).min()
        lastCallAt = [lastCallAt, delta.lastCall].compactMap(\.self).max()
        calls &+= Int64(delta.calls)
        failedCalls &+= Int64(delta.failedCalls)
        faults &+= Int64(delta.faults)
    }

    /// A change that is older than one seen before fills in what is unknown, but overwrites nothing.
    private mutating func add(_ change: StateChange) {
        let updatedAt = change.updatedAt.microseconds
        let isLate = changedAt.map { updatedAt < $0 } ?? false
        func later(_ known: String?, _ given: String?) -> String? { isLate ? known ?? given : given ?? known }
        flowID = later(flowID, change.flowID)
        flowName = later(flowName, change.flowName)
        flowVersion = later(flowVersion, change.flowVersion)
        if let status = change.status, !isLate { self.status = status }
        currentStep = later(currentStep, change.currentStep)
        user = later(user, change.user)
        joinURI = later(joinURI, change.joinURI)
        if let stated = change.createdAt?.microseconds {
            if !isCreatedStated || !isLate { createdAt = stated }
            isCreatedStated = true
        } else if !isCreatedStated {
            createdAt = min(createdAt, updatedAt)
        }
        lastActionAt = max(lastActionAt, updatedAt)
        changedAt = max(changedAt ?? updatedAt, updatedAt)
    }

    private mutating func noteFlow(_ id: String?, _ name: String?, _ version: String?) {
        (flowID, flowName, flowVersion) = (id ?? flowID, name ?? flowName, version ?? flowVersion)
    }
}

extension FlowState.Status {
    /// In table `flow_state`. Never given another meaning.
    var number: Int64 {
        switch self {
        case .inProgress: 0
        case .done: 1
        case .failed: 2
        case .expired: 3
        }
    }

    init?(number: Int64) {
        guard let status = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = status
    }
}
