/// A distance of two times of a flow state, in the fewest bytes that SQLite stores an integer in: twice the milliseconds
/// when it is whole milliseconds, and else twice the microseconds and one. Nothing takes no byte at all.
enum ShortTime {
    /// - Parameter distance: in microseconds.
    static func encode(_ distance: Int64) -> Int64 {
        distance % 1000 == 0 ? distance / 1000 &* 2 : distance &* 2 &+ 1
    }

    /// Any number gives some distance: a damaged row must not trap.
    static func decode(_ stored: Int64) -> Int64 {
        stored & 1 == 0 ? (stored >> 1) &* 1000 : stored >> 1
    }

    /// SQL for `decode`; null of null.
    static func sql(_ column: String) -> String { "iif(\(column) & 1, \(column) >> 1, (\(column) >> 1) * 1000)" }
}
