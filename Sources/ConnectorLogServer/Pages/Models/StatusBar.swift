package import ConnectorLogCore

/// How a flow's states ended, as one bar of 100 units: a look, not a measure, so a kind that exists never vanishes.
package struct StatusBar: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package let tone: String
        package let start: Int
        package let width: Int
    }

    package let parts: [Part]
    /// What the bar says, in words.
    package let summary: String

    package init(_ flow: FlowSummary) {
        let kinds: [(count: Int, tone: String, word: String)] = [
            (flow.failed, "bad", "failed"), (flow.inProgress, "busy", "in progress"),
            (flow.expired, "spent", "expired"), (flow.done, "good", "done"),
        ].filter { $0.0 > 0 }
        summary = kinds.map { "\(DisplayNumber.grouped($0.count)) \($0.word)" }.joined(separator: ", ")
        let total = kinds.reduce(0) { $0 + $1.count }
        var parts: [Part] = []
        var start = 0
        for (offset, kind) in kinds.enumerated() {
            let isLast = offset == kinds.count - 1
            let room = 100 - start - 4 * (kinds.count - 1 - offset)
            let width = isLast ? 100 - start : min(max(4, Int(Double(kind.count) / Double(total) * 100)), room)
            parts.append(Part(tone: kind.tone, start: start, width: width))
            start += width
        }
        self.parts = parts
    }
}
