import ConnectorLogCore

/// A row of table `flow_state` while it changes.
struct FlowStateRow: Equatable {
    var flowID: String?
    var flowName: String?
    var flowVersion: String?
    var progress: FlowStateProgress

    init(_ progress: FlowStateProgress) { self.progress = progress }

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
        self.init(FlowStateProgress(at: first.time))
        add(steps)
    }

    mutating func add(_ steps: [Step]) {
        for step in steps {
            switch step {
            case .delta(let delta):
                note(delta.flowID, delta.flowName, delta.flowVersion)
                progress.add(delta)
            case .change(let change):
                if progress.isLate(change.updatedAt.microseconds) {
                    note(flowID ?? change.flowID, flowName ?? change.flowName, flowVersion ?? change.flowVersion)
                } else {
                    note(change.flowID, change.flowName, change.flowVersion)
                }
                progress.add(change)
            }
        }
    }

    private mutating func note(_ id: String?, _ name: String?, _ version: String?) {
        (flowID, flowName, flowVersion) = (id ?? flowID, name ?? flowName, version ?? flowVersion)
    }
}
