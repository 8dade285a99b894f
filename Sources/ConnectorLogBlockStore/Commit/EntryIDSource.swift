import ConnectorLogCore

/// Assigns ids that rise with every commit, even when the clock stands still or goes back (RFC 9562, section 6.2).
struct EntryIDSource {
    private var last: EntryID
    private var random: any RandomNumberGenerator & Sendable

    /// - Parameter last: the greatest id in the store.
    init(last: EntryID, random: any RandomNumberGenerator & Sendable) {
        (self.last, self.random) = (last, random)
    }

    /// The first of `count` ids that follow each other.
    mutating func next(_ count: Int, at now: Timestamp) -> EntryID {
        var milliseconds = max(UInt64(max(0, now.microseconds / 1000)), last.milliseconds)
        var counter = UInt64(random.next() >> 40)
        if milliseconds == last.milliseconds {
            counter = UInt64(last.counter) + 1
            if counter + UInt64(count) > UInt64(UInt32.max) {
                milliseconds += 1
                counter = 0
            }
        }
        let first = EntryID(milliseconds: milliseconds, counter: UInt32(counter), random: random.next())
        last = first.advanced(by: max(0, count - 1))
        return first
    }
}
