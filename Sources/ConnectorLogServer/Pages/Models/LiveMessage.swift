package import ConnectorLogCore

/// A message of the stream of a flow state (WHATWG HTML, section 9.2): rows as the page has them, and what the page says of
/// the state, in JSON on one line.
package struct LiveMessage: Sendable {
    package let event: String
    package let id: LivePlace
    private let json: String

    /// - Parameters:
    ///   - place: behind the news.
    ///   - renderEvent: a call's row in HTML, by the page's own template.
    ///   - renderFault: a fault's row in HTML, by the page's own template.
    package init(
        _ news: LiveFeed.News, place: LivePlace, now: Timestamp,
        renderEvent: (ConnectorLogPage.EventRow) -> String, renderFault: (ConnectorLogPage.FaultRow) -> String
    ) {
        let row = InsightsPage.Row(news.state, now: now)
        event = news.state.status == .inProgress ? "news" : "end"
        id = place
        func rows(_ rows: [(order: String, html: String)]) -> String {
            JSONText.array(
                rows.map {
                    JSONText.object([("order", JSONText.string($0.order)), ("html", JSONText.string($0.html))])
                })
        }
        json = JSONText.object([
            (
                "events",
                rows(news.entries.map(ConnectorLogPage.EventRow.init).map { ($0.order, renderEvent($0)) })
            ),
            (
                "faults",
                rows(news.faults.map(ConnectorLogPage.FaultRow.init).map { ($0.order, renderFault($0)) })
            ),
            ("cut", news.isCut ? "true" : "false"),
            ("status", JSONText.string(row.status.label)), ("tone", JSONText.string(row.status.tone)),
            ("step", JSONText.string(row.currentStep ?? "")), ("elapsed", JSONText.string(row.elapsed)),
            ("calls", JSONText.string(row.calls)), ("failed", JSONText.string(row.failedCalls)),
            ("faultCount", JSONText.string(row.faults)),
        ])
    }

    package var text: String { "event: \(event)\nid: \(id)\ndata: \(json)\n\n" }

    /// Keeps what stands between from taking the connection for dead.
    package static let heartbeat = ": here\n\n"
    /// How long a browser waits before it connects again, in milliseconds.
    package static let greeting = "retry: 5000\n\n"
}
