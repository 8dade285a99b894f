package import ConnectorLogCore

/// A word on a coloured ground. The word says it all: colour only repeats it.
package struct Badge: Hashable, Sendable {
    package let label: String
    /// The end of the class name `badge-...` in the style sheet.
    package let tone: String

    private init(_ label: String, _ tone: String) {
        (self.label, self.tone) = (label, tone)
    }

    package init(_ outcome: Outcome) {
        self = outcome == .ok ? Badge("OK", "good") : Badge("Failed", "bad")
    }

    package init(_ status: FlowState.Status) {
        self =
            switch status {
            case .inProgress: Badge("In progress", "busy")
            case .done: Badge("Done", "good")
            case .failed: Badge("Failed", "bad")
            case .expired: Badge("Expired", "spent")
            }
    }

    /// How many entries rules that are tried would change.
    package init(changedEntries count: Int) {
        let noun = count == 1 ? "entry" : "entries"
        self = Badge("\(DisplayNumber.grouped(count)) \(noun) would change", count == 0 ? "spent" : "busy")
    }

    /// A status code of HTTP, coloured by its hundred; nil is a call that got no response.
    package init(statusCode: Int?) {
        self =
            switch statusCode {
            case nil: Badge("No response", "bad")
            case let code? where code >= 400: Badge(String(code), "bad")
            case let code? where code >= 300: Badge(String(code), "spent")
            case let code?: Badge(String(code), "good")
            }
    }
}
