import ConnectorLogCore

extension InMemoryRecords {
    // MARK: - Teams

    mutating func createTeam(name: String, id: Int64?, at: Timestamp) throws(StoreError) -> Team {
        let highest = max(teams.keys.max() ?? 0, deletedTeams.max() ?? 0)
        guard id != nil || highest < Int64.max else { throw StoreError(.conflict, "no team id is left") }
        let id = id ?? highest + 1
        guard teams[id] == nil, !deletedTeams.contains(id) else { throw StoreError(.conflict, "the team id is taken") }
        let team = Team(id: id, name: name, createdAt: at)
        teams[id] = team
        return team
    }

    mutating func renameTeam(id: Int64, name: String) -> Bool {
        guard teams[id] != nil else { return false }
        teams[id]?.name = name
        return true
    }

    mutating func deleteTeam(id: Int64) -> Bool {
        guard teams.removeValue(forKey: id) != nil else { return false }
        deletedTeams.insert(id)
        entries.removeAll { $0.summary.teamID == id }
        faults.removeAll { $0.teamID == id }
        states = states.filter { $0.key.team != id }
        keys.removeAll { $0.key.teamID == id }
        connectors = connectors.filter { $0.key.team != id }
        return true
    }

    // MARK: - Keys

    func keys(team: Int64?) -> [APIKey] {
        keys.map(\.key).filter { $0.teamID == team }
            .sorted { $0.createdAt == $1.createdAt ? $0.id.precedes($1.id) : $0.createdAt < $1.createdAt }
    }

    mutating func createKey(_ key: APIKey, hash: [UInt8]) throws(StoreError) {
        guard !keys.contains(where: { $0.key.id.hasBytes(of: key.id) || $0.hash == hash }) else {
            throw StoreError(.conflict, "the key exists")
        }
        keys.append((key, hash))
    }

    mutating func revokeKey(team: Int64?, id: String) -> Bool {
        guard let index = keys.firstIndex(where: { $0.key.teamID == team && $0.key.id.hasBytes(of: id) }) else {
            return false
        }
        keys.remove(at: index)
        return true
    }

    mutating func noteUse(ofKey id: String, at: Timestamp) {
        guard let index = keys.firstIndex(where: { $0.key.id.hasBytes(of: id) }) else { return }
        keys[index].key.lastUsedAt = max(keys[index].key.lastUsedAt ?? at, at)
    }

    // MARK: - Connectors

    func connectors(team: Int64) -> [Connector] {
        let all = connectors.filter { $0.key.team == team }.map(\.value.connector)
        return all.sorted { $0.identifier.precedes($1.identifier) }
    }

    mutating func createConnector(_ connector: Connector, logo: Logo?) throws(StoreError) {
        let place = ConnectorPlace(team: connector.teamID, identifier: connector.identifier)
        guard connectors[place] == nil else { throw StoreError(.conflict, "the connector's identifier is taken") }
        connectors[place] = (connector, logo)
    }

    mutating func updateConnector(
        _ place: ConnectorPlace, at: Timestamp, _ change: (inout Connector) -> Void
    ) -> Bool {
        guard var found = connectors[place] else { return false }
        change(&found.connector)
        found.connector.updatedAt = at
        connectors[place] = found
        return true
    }
}
