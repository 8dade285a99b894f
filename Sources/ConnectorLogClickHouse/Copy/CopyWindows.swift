import ConnectorLogCore

/// Entries of one team between two times.
struct CopyWindow: Hashable, Sendable {
    var team: Int64
    /// Inclusive, in microseconds.
    var from: Int64
    /// Exclusive.
    var to: Int64
}

/// Cuts all entries of a store into windows of about so many rows: teams in order, in each of them times in order. Where a
/// window ends is all that a copy has to remember: others may be cut when it goes on.
struct CopyWindows: Sendable {
    struct Day: Hashable, Sendable {
        var team: Int64
        /// Since 1970.
        var number: Int64
        var rows: Int

        var from: Int64 { number * Dialect.day }
        var to: Int64 { from + Dialect.day }
    }

    /// Rows within a piece of a day.
    struct Bucket: Hashable, Sendable {
        /// Microseconds.
        var from: Int64
        var to: Int64
        var rows: Int
    }

    /// By team, then by number.
    let days: [Day]

    /// Where in `days` the first is whose entries are not all before this place; nil where none is.
    func index(behind team: Int64, _ time: Int64) -> Int? {
        let index = days.firstIndex(rising: { ($0.team, $0.to) > (team, time) })
        return index < days.count ? index : nil
    }

    /// All of a day behind `time`, with the days behind it, as far as they are few rows; nil where that is too much.
    func window(_ first: Int, behind time: Int64, rows most: Int) -> CopyWindow? {
        let day = days[first]
        guard day.rows <= most else { return nil }
        var window = CopyWindow(team: day.team, from: max(day.from, time), to: day.to)
        var rows = day.rows
        for next in days[(first + 1)...] {
            rows += next.rows
            guard next.team == day.team, rows <= most else { break }
            window.to = next.to
        }
        return window
    }

    /// The first of some buckets of a day that are behind `time`, together as long as they are few rows.
    static func window(_ buckets: [Bucket], of day: Day, behind time: Int64, rows most: Int) -> CopyWindow? {
        var window: CopyWindow?
        var rows = 0
        for bucket in buckets where bucket.to > time {
            rows += bucket.rows
            if window != nil, rows > most { break }
            window = CopyWindow(team: day.team, from: window?.from ?? max(bucket.from, time), to: bucket.to)
        }
        return window
    }
}
