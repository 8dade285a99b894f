import ConnectorLogCore

/// Removes what is over age, team by team.
struct RetentionRun: Sendable {
    let mutations: Mutations
    let ledger: any CommitLedger

    /// Bits of column `absent` of the texts that are details.
    private static let entryDetails =
        EntryBlocks.absence(of: .requestBody) | EntryBlocks.absence(of: .responseBody)
        | EntryBlocks.absence(of: .attributes) | EntryBlocks.absence(of: .requestHeaders)
        | EntryBlocks.absence(of: .responseHeaders) | EntryBlocks.absence(of: .receipt)

    func run(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        let own = try await ledger.retentions()
        for team in try await ledger.teamIDs() {
            let retention = own[team] ?? standard
            if let limit = retention.entryLimit(at: now) { try await removeRows(team, before: limit) }
            if let limit = retention.detailLimit(at: now) { try await removeDetails(team, before: limit, at: now) }
        }
    }

    private func removeRows(_ team: Int64, before limit: Timestamp) async throws(StoreError) {
        for table in Tables.all {
            let isOver = "team_id = \(team) AND \(table.time) < \(mutations.dialect.time(limit))"
            if try await mutations.count(in: table, where: isOver) > 0 {
                try await mutations.delete(from: table, where: isOver)
            }
        }
        try await ledger.removeStates(team: team, lastActionBefore: limit)
    }

    private func removeDetails(_ team: Int64, before limit: Timestamp, at now: Timestamp) async throws(StoreError) {
        let changes = [
            """
            request_headers = '', response_headers = '', request_body = '', response_body = '', attributes = '',
            receipt = '', request_body_attributes = toInt64(0), response_body_attributes = toInt64(0),
            vendor_request_ids = emptyArrayString(), absent = bitOr(absent, toUInt32(\(Self.entryDetails))),
            details_removed_at = toInt64(\(now.microseconds))
            """,
            """
            response_headers = '', response_body = '', response_body_attributes = toInt64(0), receipt = '',
            absent = bitOr(absent, toUInt32(\(FaultBlock.bodyAbsence))), details_removed_at = toInt64(\(now.microseconds))
            """,
        ]
        for (table, changes) in zip([Tables.entries, Tables.faults], changes) {
            let isOver =
                "team_id = \(team) AND \(table.time) < \(mutations.dialect.time(limit)) AND details_removed_at = 0"
            if try await mutations.count(in: table, where: isOver) > 0 {
                try await mutations.update(table, changes, where: isOver)
            }
        }
    }
}
