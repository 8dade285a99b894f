package import ConnectorLogCore

/// The rows of Insights as a file: the page's columns, times in RFC 3339.
package enum StatesCSV {
    package static let header = CSVText.row(
        [
            "Status", "Current Step", "User", "Elapsed Time", "Created (UTC)", "Last Action (UTC)", "Join Uri",
            "State ID", "Calls", "Failed", "Faults",
        ].map { .text($0) })

    package static func row(_ state: FlowState, now: Timestamp) -> String {
        CSVText.row([
            .text(Badge(state.status).label), .text(state.currentStep), .text(state.user ?? "Public User"),
            .text(InsightsPage.Row.elapsed(state, now: now)), .text(state.createdAt.description),
            .text(state.lastActionAt.description), .text(state.joinURI), .text(state.stateID),
            .number(state.calls), .number(state.failedCalls), .number(state.faults),
        ])
    }

    /// A name that every file system takes.
    package static func fileName(flowID: String) -> String {
        let name = flowID.utf8.prefix(80).map { $0.isIdentifierByte ? $0 : UInt8(ascii: "_") }
        return "insights-\(String(decoding: name, as: UTF8.self)).csv"
    }
}
