import ConnectorLogCore

/// What a record gets where it says nothing itself, in formats that have no place for it: archives of browsers, access
/// logs. Whoever makes it has checked the limits of the fields.
package struct RecordDefaults: Hashable, Sendable {
    /// Of lines, too; nil leaves it to the caller's. Whoever makes it has checked that the caller may write to it.
    package var team: Int64?
    package var connector: String?
    package var event: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var stateID: String?

    package init() {}

    /// The same for equal defaults alone.
    package var identity: String {
        [team.map(String.init), connector, event, flowID, flowName, flowVersion, stateID]
            .map { text in text.map { "\($0.utf8.count):\($0)" } ?? "-" }.joined(separator: " ")
    }
}

/// The team of records that cannot name one.
struct CallersTeam {
    let caller: IngestCaller
    private var verdicts = TeamVerdicts()

    init(_ caller: IngestCaller) { self.caller = caller }

    mutating func id() throws(LineError) -> Int64 {
        guard let team = caller.defaultTeam else {
            throw LineError(.missingField, field: "team_id", "the request has to name a team, or the key be of one")
        }
        try verdicts.check(team, for: caller)
        return team
    }
}
