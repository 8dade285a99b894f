import ConnectorLogCore

/// A row of table `flow_state` while it changes: texts of flows as numbers of table `flow_text`.
struct FlowStateRow {
    var flow: Int64?
    var name: Int64?
    var version: Int64?
    var progress: FlowStateProgress
    /// Up to which block its calls are counted here, if that is behind the block of table `flow_counted`.
    var countedBlock: Int64 = 0

    /// A state that comes into being at `time`.
    init(at time: Int64) { self.init(FlowStateProgress(at: time)) }

    init(_ progress: FlowStateProgress) { self.progress = progress }
}
