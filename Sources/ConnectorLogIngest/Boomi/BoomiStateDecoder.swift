import ConnectorLogCore

/// Turns a `State` of Boomi Flow into the change of a flow state and its root faults. What stands in it beside these,
/// `authorizationHeader` and the values of the run among it, is not looked at.
struct BoomiStateDecoder {
    private let team: Int64
    private let arrival: Timestamp

    init(team: Int64, arrival: Timestamp) {
        (self.team, self.arrival) = (team, arrival)
    }

    /// Whether the object is a state: it has an id, but no type as events have, and something that only states have.
    static func isState(_ object: BoomiObject) -> Bool {
        object.value("type") == nil && object.value("id") != nil
            && object.value(
                "currentflowid", "currentmapelementid", "isdone", "manywhotenantid", "rootfaults", "joinuri",
                "datecreated")
                != nil
    }

    func decode(
        _ state: BoomiObject, _ arena: inout TextArena
    ) throws(LineError) -> (change: StateChange, faults: [RootFault]) {
        guard let id = state.identifier("id") else {
            throw LineError(.missingField, field: "id", "an id of at most \(Limits.identifier) characters")
        }
        let created = state.time("datecreated").flatMap(within)
        var change = StateChange(
            teamID: team, stateID: id, updatedAt: state.time("datemodified").flatMap(within) ?? created ?? arrival)
        let flow = state.object("currentflowid", &arena)
        change.flowID = flow?.identifier("id") ?? state.identifier("currentflowid")
        change.flowVersion = flow?.identifier("versionid")
        change.flowName = state.identifier("currentflowdevelopername", limit: Limits.name)
        change.currentStep = state.identifier("currentmapelementdevelopername", limit: Limits.name)
        change.user = state.identifier("currentrunninguseremail", limit: Limits.name)
        change.joinURI = state.identifier("joinuri", limit: Limits.uri)
        change.createdAt = created.map { min($0, change.updatedAt) }
        let faults = faults(of: state, change, &arena)
        change.status =
            if state.isTrue("hasrootfaults") || !faults.isEmpty {
                .failed
            } else if state.isTrue("isdone") {
                .done
            } else if state.isTrue("isexpired") {
                .expired
            } else {
                .inProgress
            }
        return (change, faults)
    }

    /// A time that can be right: not before 1970, not more than 24 hours ahead.
    private func within(_ time: Timestamp) -> Timestamp? {
        (.epoch...arrival.advanced(bySeconds: Limits.secondsAhead)).contains(time) ? time : nil
    }

    /// `rootFaults`: `{name: JSON of a problem}`, in the order of the names' places.
    private func faults(of state: BoomiObject, _ change: StateChange, _ arena: inout TextArena) -> [RootFault] {
        guard let value = state.value("rootfaults"), let members = state.members.object(value) else { return [] }
        var problems: [(name: String, text: [UInt8])] = []
        members.forEach { name, value in
            guard problems.count < BoomiLimits.faults, value.kind != .null else { return }
            problems.append((name, members.content(value) ?? []))
        }
        return problems.map { name, text in
            let fits = (1...Limits.name).contains(name.unicodeScalars.count) && !name.utf8.contains(0)
            var fault = RootFault(
                id: EntryID(high: 0, low: 0), teamID: team, occurredAt: change.updatedAt,
                name: fits ? name : "Root Fault")
            (fault.stateID, fault.flowID, fault.flowName) = (change.stateID, change.flowID, change.flowName)
            fault.flowVersion = change.flowVersion
            FaultProblem.fill(&fault, from: String(decoding: text, as: UTF8.self))
            _ = BoomiPasswords.remove(from: &fault, &arena)
            return fault
        }
    }
}
