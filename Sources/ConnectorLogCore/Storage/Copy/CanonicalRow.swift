/// A row as bytes that are the same whichever store it lies in. Only for comparisons: never stored.
struct CanonicalRow: Sendable {
    var bytes: [UInt8] = []

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func add(_ number: Int64?) {
        add(number == nil ? 0 : 1 as Int64)
        if let number { add(number) }
    }

    mutating func add(_ text: [UInt8]) {
        add(Int64(text.count))
        bytes += text
    }

    mutating func add(_ text: [UInt8]?) {
        guard let text else { return add(-1 as Int64) }
        add(text)
    }

    mutating func add(_ text: String?) {
        guard let text else { return add(-1 as Int64) }
        add(Int64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func add(_ time: Timestamp) { add(time.microseconds) }
    mutating func add(_ time: Timestamp?) { add(time?.microseconds) }
    mutating func add(_ flag: Bool) { add(flag ? 1 : 0 as Int64) }

    mutating func add(_ id: EntryID) {
        add(Int64(bitPattern: id.high))
        add(Int64(bitPattern: id.low))
    }

    // MARK: - The catalog

    mutating func add(_ copied: CopiedTeam) {
        add(copied.team.id)
        add(copied.team.name)
        add(copied.team.createdAt)
        add(copied.isDeleted)
        add(copied.retention != nil)
        add(copied.retention?.entryDays.map(Int64.init))
        add(copied.retention?.detailDays.map(Int64.init))
    }

    mutating func add(_ copied: CopiedKey) {
        let key = copied.key
        add(key.id)
        add(key.teamID)
        add(key.name)
        add(key.role.rawValue)
        add(key.prefix)
        add(key.createdAt)
        add(key.lastUsedAt)
        add(key.expiresAt)
        add(copied.hash)
    }

    mutating func add(_ copied: CopiedConnector) {
        let connector = copied.connector
        add(connector.identifier)
        add(connector.teamID)
        add(connector.name)
        add(connector.description)
        add(connector.logoName)
        add(connector.createdAt)
        add(connector.updatedAt)
        add(Int64(connector.configuration.version))
        add(connector.configuration.json)
        add(connector.configuration.createdAt)
        add(connector.configuration.updatedAt)
        add(copied.logo?.mediaType)
        add(copied.logo?.bytes)
        add(copied.isDeleted)
    }

    mutating func add(_ secret: SecretRecord, contents: [UInt8]) {
        add(secret.placeholder)
        add(secret.teamID)
        add(secret.connectorIdentifier)
        add(secret.name)
        add(secret.ignoresCase)
        add(contents)
        add(secret.createdAt)
        add(secret.updatedAt)
    }

    mutating func add(_ record: AuditRecord) {
        add(record.number)
        add(record.at)
        add(record.teamID)
        add(record.keyID)
        add(record.keyName)
        add(record.action)
        add(record.target)
        add(record.requestID)
    }

    mutating func add(_ erasure: Erasure) {
        add(erasure.number)
        add(erasure.teamID)
        add(erasure.target.kind.rawValue)
        add(erasure.target.name)
        add(erasure.keyID)
        add(erasure.requestedAt)
        add(erasure.completedAt)
        for count in [erasure.entries, erasure.faults, erasure.states, erasure.unreadableBlocks] { add(Int64(count)) }
    }

    // MARK: - What requests left

    mutating func add(_ copied: CopiedAnswer) {
        add(copied.answer.token)
        add(copied.answer.fingerprint)
        add(copied.answer.answer)
        add(copied.createdAt)
    }

    mutating func add(_ part: CopiedPart) {
        add(part.number)
        add(part.teamID)
        add(part.call)
        add(part.kind)
        add(part.arrivedAt)
        add(part.entry)
    }

    // MARK: - The log

    mutating func add(_ state: CopiedState) {
        add(state.key.teamID)
        add(state.key.stateID)
        for text in [state.flowID, state.flowName, state.flowVersion] { add(text) }
        let progress = state.progress
        for text in [progress.currentStep, progress.user, progress.joinURI] { add(text) }
        add(progress.isCreatedStated)
        for number in [
            progress.status, progress.lastActionAt, progress.createdAt, progress.calls, progress.failedCalls,
            progress.faults,
        ] { add(number) }
        for time in [progress.firstCallAt, progress.lastCallAt, progress.changedAt] { add(time) }
    }

    mutating func add(_ fault: RootFault) {
        add(fault.id)
        add(fault.teamID)
        add(fault.occurredAt)
        add(fault.name)
        for text in [
            fault.stateID, fault.flowID, fault.flowName, fault.flowVersion, fault.connectorIdentifier,
            fault.entryRequestID, fault.kind, fault.uri, fault.message, fault.invokeType, fault.action,
        ] { add(text) }
        add(fault.statusCode.map(Int64.init))
        add(HeaderList.encode(fault.responseHeaders))
        add(fault.responseBody?.bytes)
        add(fault.responseBody.map { BodyAttributes($0).packed })
        add(Receipt.encode(fault.receipt))
        add(fault.detailsRemovedAt)
    }

    mutating func add(_ entries: CopiedEntries, _ row: Int) {
        let columns = entries.columns
        add(entries.ids[row])
        add(columns.teamIDs[row])
        add(columns.logTimes[row])
        add(columns.statuses[row])
        add(Int64(columns.outcomes[row]))
        add(columns.durations[row])
        add(columns.requestBodyAttributes[row])
        add(columns.responseBodyAttributes[row])
        add(entries.detailsRemovedAt[row])
        for field in EntryTextField.allCases {
            let texts = columns.texts[field.rawValue]
            // No list and an empty one are the same to everybody, and stores keep the one for the other.
            let isList = field == .requestHeaders || field == .responseHeaders || field == .receipt
            add(texts.isNull(row) && !isList ? -1 : Int64(texts.range(row).count))
            texts.append(row: row, to: &bytes)
        }
    }
}
