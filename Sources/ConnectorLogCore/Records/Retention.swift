/// How long the records of a team are kept, counted from their own time: an entry's `log_time`, a fault's `occurredAt`, a
/// flow state's `lastActionAt`.
package struct Retention: Hashable, Sendable {
    /// A hundred years: longer is for ever.
    package static let days = 1...36_500
    package static let forever = Retention()

    /// Entries, faults and flow states go when they are older. Nil: they are kept for ever.
    package let entryDays: Int?
    /// Headers, bodies, attributes and receipts of entries and faults go when they are older. Nil: as long as the entry.
    package let detailDays: Int?

    private init() {
        (entryDays, detailDays) = (nil, nil)
    }

    /// Nil unless both are within `days`, and details are kept no longer than entries.
    package init?(entryDays: Int?, detailDays: Int?) {
        guard entryDays.map(Self.days.contains) ?? true, detailDays.map(Self.days.contains) ?? true else { return nil }
        if let entryDays, let detailDays, detailDays > entryDays { return nil }
        (self.entryDays, self.detailDays) = (entryDays, detailDays)
    }

    /// Entries before this instant are over age; nil when none ever is.
    package func entryLimit(at now: Timestamp) -> Timestamp? { Self.limit(entryDays, at: now) }

    /// Details of entries before this instant are over age; nil when they are kept as long as the entries.
    package func detailLimit(at now: Timestamp) -> Timestamp? { Self.limit(detailDays, at: now) }

    private static func limit(_ days: Int?, at now: Timestamp) -> Timestamp? {
        days.map { now.advanced(bySeconds: -Int64($0) * 86_400) }
    }
}
