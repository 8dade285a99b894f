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
        secrets.removeAll { $0.teamID == id }
        redactionRules[id] = nil
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

    mutating func deleteConnector(team: Int64, identifier: String) -> Bool {
        let place = ConnectorPlace(team: team, identifier: identifier)
        guard connectors.removeValue(forKey: place) != nil else { return false }
        secrets.removeAll { $0.isOf(team: team, connector: identifier) }
        return true
    }

    // MARK: - Secrets and rules

    func secrets(team: Int64, connector: String?) -> [SecretRecord] {
        secrets.filter { $0.isOf(team: team, connector: connector) }.sorted { $0.name.precedes($1.name) }
    }

    mutating func createSecret(_ secret: SecretRecord, limit: Int) throws(StoreError) -> SecretCreation {
        let hasOwner =
            if let connector = secret.connectorIdentifier {
                connectors[ConnectorPlace(team: secret.teamID, identifier: connector)] != nil
            } else {
                teams[secret.teamID] != nil
            }
        guard hasOwner else { return .ownerMissing }
        let others = secrets(team: secret.teamID, connector: secret.connectorIdentifier)
        guard !secrets.contains(where: { $0.placeholder.hasBytes(of: secret.placeholder) }),
            !others.contains(where: { $0.name.hasBytes(of: secret.name) })
        else { throw StoreError(.conflict, "the secret's name or placeholder is taken") }
        guard others.count < limit else { return .limitReached }
        secrets.append(secret)
        return .created
    }

    func secretIndex(team: Int64, connector: String?, placeholder: String) -> Int? {
        secrets.firstIndex {
            $0.isOf(team: team, connector: connector) && $0.placeholder.hasBytes(of: placeholder)
        }
    }

    mutating func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) -> Bool {
        guard let index = secretIndex(team: team, connector: connector, placeholder: placeholder) else { return false }
        secrets[index].sealedValue = sealedValue
        secrets[index].updatedAt = at
        return true
    }

    mutating func deleteSecret(team: Int64, connector: String?, placeholder: String) -> Bool {
        guard let index = secretIndex(team: team, connector: connector, placeholder: placeholder) else { return false }
        secrets.remove(at: index)
        return true
    }

    mutating func replaceSealed(_ changes: [SealedChange]) throws(StoreError) {
        var stored: [SealedChange.Place: [UInt8]] = [:]
        for secret in secrets { stored[.secret(placeholder: secret.placeholder)] = secret.sealedValue }
        for (name, sealed) in sealedKeys { stored[.key(name: name)] = sealed }
        let expected = Dictionary(changes.map { ($0.place, $0.old) }) { first, _ in first }
        guard expected.count == changes.count, expected == stored else {
            throw StoreError(.conflict, "what is sealed is not what was to be replaced")
        }
        for change in changes {
            switch change.place {
            case .key(let name): sealedKeys[name] = change.new
            case .secret(let placeholder):
                guard let index = secrets.firstIndex(where: { $0.placeholder == placeholder }) else { continue }
                if let new = change.new { secrets[index].sealedValue = new } else { secrets.remove(at: index) }
            }
        }
    }

    mutating func setRedactionRules(_ json: String?, team: Int64) -> Bool {
        guard teams[team] != nil else { return false }
        redactionRules[team] = json
        return true
    }

    // MARK: - Audit

    mutating func note(_ record: AuditRecord) {
        lastAuditNumber += 1
        var record = record
        record.number = lastAuditNumber
        audit[record.teamID, default: []].append(record)
        if audit[record.teamID, default: []].count > AuditRecord.maximumCount { audit[record.teamID]?.removeFirst() }
    }
}

extension SecretRecord {
    fileprivate func isOf(team: Int64, connector: String?) -> Bool {
        guard teamID == team else { return false }
        guard let connector, let connectorIdentifier else { return connector == nil && connectorIdentifier == nil }
        return connectorIdentifier.hasBytes(of: connector)
    }
}
