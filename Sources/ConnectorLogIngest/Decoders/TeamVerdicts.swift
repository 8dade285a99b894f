/// What the caller may do with the teams that its lines named so far, so that a line does not ask the catalog again.
struct TeamVerdicts {
    /// More teams than this are asked for anew each time.
    private static let capacity = 1024

    private var refusals: [Int64: LineError.Code?] = [:]
    /// Lines of one team often follow each other.
    private var last: (team: Int64, refusal: LineError.Code?)?

    /// Throws why the caller may not write to the team.
    @inline(__always)
    mutating func check(
        _ team: Int64, for caller: IngestCaller, field: String = "team_id"
    ) throws(LineError) {
        guard let refusal = refusal(of: team, by: caller) else { return }
        let reason = refusal == .teamNotFound ? "there is no such team" : "the key may not write to this team"
        throw LineError(refusal, field: field, reason)
    }

    @inline(__always)
    private mutating func refusal(of team: Int64, by caller: IngestCaller) -> LineError.Code? {
        if let last, last.team == team { return last.refusal }
        let refusal = lookUp(team, caller)
        last = (team, refusal)
        return refusal
    }

    private mutating func lookUp(_ team: Int64, _ caller: IngestCaller) -> LineError.Code? {
        if let known = refusals[team] { return known }
        let refusal = caller.refusal(team)
        if refusals.count < Self.capacity { refusals.updateValue(refusal, forKey: team) }
        return refusal
    }
}
