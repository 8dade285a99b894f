import ConnectorLogCore

/// The columns `entry_days` and `detail_days` of table `team`.
enum RetentionColumns {
    /// A row that begins with both.
    static func retention(_ row: PostgresRow) throws -> Retention {
        let (entryDays, detailDays) = (try row.integerIfAny(0), try row.integerIfAny(1))
        guard
            let retention = Retention(
                entryDays: entryDays.map(Int.init(clamping:)), detailDays: detailDays.map(Int.init(clamping:)))
        else { throw PostgresError(.answer, at: row.place) }
        return retention
    }
}
