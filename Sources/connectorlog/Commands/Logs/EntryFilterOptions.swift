import ArgumentParser
import ConnectorLogCore

/// Which calls: the filters of the API, all of which have to hold.
struct EntryFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Calls of this connector.", valueName: "identifier"))
    var connector: String?

    @Option(help: ArgumentHelp("Calls of this run.", valueName: "id"))
    var stateID: String?

    @Option(help: ArgumentHelp("Calls of this flow.", valueName: "id"))
    var flowID: String?

    @Option(help: "ok or failed.")
    var outcome: String?

    @Option(help: "Calls with this method.")
    var method: String?

    @Option(help: ArgumentHelp("404, 5xx, or none for calls without a response.", valueName: "status"))
    var status: String?

    @Option(help: "What the connector was doing, such as data.load.")
    var event: String?

    @Option(help: ArgumentHelp("The sender's request id, or the vendor's.", valueName: "id"))
    var requestID: String?

    @Option(help: "A part of the URI, the error or a body.")
    var text: String?

    @Option(help: "A whole word, id or phrase of the URI, the error or a body; faster than --text.")
    var word: String?

    @Option(help: ArgumentHelp("Not before this instant (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this instant (RFC 3339).", valueName: "time"))
    var to: String?

    func validate() throws {
        if let outcome, Outcome(name: outcome) == nil { throw ValidationError("--outcome is ok or failed") }
        if let status, EntryQuery.StatusFilter(status) == nil {
            throw ValidationError("--status is 100...599, 1xx...5xx, or none")
        }
        for (name, time) in [("from", from), ("to", to)] {
            if let time, Timestamp(time, missingOffset: .utc) == nil {
                throw ValidationError("--\(name) has to be an RFC 3339 time such as 2026-01-31T12:00:00Z")
            }
        }
    }

    /// The parameters of the API.
    var query: APIClient.Query {
        // A bare date or a time without offset means UTC here; the API wants it said.
        func instant(_ text: String?) -> String? {
            text.flatMap { Timestamp($0, missingOffset: .utc)?.description }
        }
        let given: [(name: String, value: String?)] = [
            ("connector", connector), ("state_id", stateID), ("flow_id", flowID), ("outcome", outcome),
            ("method", method), ("status", status), ("event", event), ("request_id", requestID), ("text", text),
            ("word", word), ("from", instant(from)), ("to", instant(to)),
        ]
        return given.compactMap { name, value in value.map { (name, $0) } }
    }
}
