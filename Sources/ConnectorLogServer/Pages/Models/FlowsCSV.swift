package import ConnectorLogCore

/// The flows of the dashboard as a file: those that its filter leaves, in its order; times in RFC 3339.
package enum FlowsCSV {
    package static let fileName = "flows.csv"

    package static func text(_ flows: [FlowSummary]) -> String {
        header + flows.map(row).joined()
    }

    private static let header = CSVText.row(
        [
            "Flow Name", "Flow ID", "Number of States", "In progress", "Done", "Failed", "Expired",
            "Last activity (UTC)",
        ].map { .text($0) })

    private static func row(_ flow: FlowSummary) -> String {
        CSVText.row([
            .text(flow.flowName), .text(flow.flowID), .number(flow.states), .number(flow.inProgress),
            .number(flow.done), .number(flow.failed), .number(flow.expired), .text(flow.lastActionAt.description),
        ])
    }
}
