/// The log times that are taken, connector by connector, so that no two entries of one connector share an instant.
///
/// A pure value: decides, and says what it does not know. For each connector it holds a *window*: all taken times above a
/// *horizon*. Below the horizon only the store knows.
package struct LogTimeWindows {
    /// Times that a window keeps after its entries are stored, while there are few windows. Entries that arrive out of order
    /// by less than so many of their connector's entries need no look into the store.
    package static let keptTimes = 1024
    /// Times that it keeps when there are many windows, and begins with when the store had entries before.
    package static let leastTimes = 16
    /// When all windows hold more times than this (at most 16 bytes each), each keeps fewer, and if that is not enough the
    /// longest unused are forgotten.
    package static let maximumTimes = 1_000_000
    /// What a window costs beside its times, in times.
    package static let windowCost = 32

    /// A team's connector: a hash of both whose seed is another in each process, so that nobody can choose identifiers that
    /// share one.
    package typealias Key = UInt64

    private static let seed = UInt64.random(in: .min ... .max)

    package static func key(team: Int64, _ connector: Span<UInt8>) -> Key {
        ColumnHash.hash(connector, seed: seed &+ UInt64(bitPattern: team) &* 0x9E37_79B9_7F4A_7C15)
    }

    package static func key(team: Int64, _ connector: String) -> Key { key(team: team, Array(connector.utf8).span) }

    private struct Window {
        /// All taken times above the horizon.
        var times = TakenTimes()
        /// The earliest time of each batch that is not stored yet, whose times are in `times` already.
        var pending: [Int64] = []
        var horizon: Int64
        var lastUse: UInt64

        mutating func reserve(
            _ rows: ArraySlice<Int32>, of wanted: inout [Int64], stored: TakenTimes, use: UInt64
        ) {
            lastUse = use
            var earliest = Int64.max
            for row in rows {
                var time = wanted[Int(row)]
                while true {
                    let free = stored.firstFree(atOrAfter: times.firstFree(atOrAfter: time))
                    if free == time { break }
                    time = free
                }
                times.insert(time)
                wanted[Int(row)] = time
                earliest = min(earliest, time)
            }
            pending.append(earliest)
        }

        /// Returns how many times are forgotten.
        mutating func settle(_ settled: some Collection<Int64>, isStored: Bool) -> Int {
            if let earliest = settled.min(), let place = pending.firstIndex(of: earliest) { pending.remove(at: place) }
            if isStored { return times.count > LogTimeWindows.keptTimes * 2 ? shrink(to: LogTimeWindows.keptTimes) : 0 }
            let before = times.count
            times.remove(settled)
            return before - times.count
        }

        /// Forgets the earliest times but `kept`, and none that is not stored yet; returns how many.
        mutating func shrink(to kept: Int) -> Int {
            let before = times.count
            if let latest = times.removeEarliest(keeping: kept, before: pending.min() ?? .max) {
                horizon = max(horizon, latest)
            }
            return before - times.count
        }
    }

    /// Windows that keep all they know, for a batch that is about to use them.
    package var held: Set<Key> = []
    private var windows: [Key: Window] = [:]
    private var uses: UInt64 = 0
    private var total = 0
    private let maximumTimes: Int
    private var nextShrink: Int

    package init(maximumTimes: Int = LogTimeWindows.maximumTimes) {
        self.maximumTimes = maximumTimes
        nextShrink = maximumTimes
    }

    /// The latest time that may be taken without the window's knowing; nil when the connector has no window.
    package func horizon(of key: Key) -> Int64? { windows[key]?.horizon }

    /// Opens the window of a connector of which the store has `times` above `horizon`, and perhaps more below.
    package mutating func open(_ key: Key, times: [Int64], horizon: Int64) {
        guard windows[key] == nil else { return }
        uses += 1
        let window = Window(times: TakenTimes(times), horizon: horizon, lastUse: uses)
        windows[key] = window
        total += window.times.count + Self.windowCost
    }

    /// What a connector's window knows is no longer all: somebody else gave times.
    /// - Precondition: none of its times is pending.
    package mutating func forget(_ key: Key) {
        guard let window = windows.removeValue(forKey: key) else { return }
        total -= window.times.count + Self.windowCost
    }

    /// Takes for the time of each of a batch's `rows`, in their order, the first free one at or after it.
    /// - Precondition: the connector has a window, and `stored` holds the connector's stored times from each time up to its
    ///   horizon, as far as they follow each other.
    package mutating func reserve(
        _ rows: ArraySlice<Int32>, of times: inout [Int64], for key: Key, stored: TakenTimes = TakenTimes()
    ) {
        guard let place = windows.index(forKey: key) else {
            // To go on with an empty window would claim to know all times, and let two entries share one.
            preconditionFailure("a time is reserved in an open window")
        }
        uses += 1
        total += rows.count
        windows.values[place].reserve(rows, of: &times, stored: stored, use: uses)
    }

    /// The batch that reserved `times` is stored; or it is not, and they are free again.
    package mutating func settle(_ times: some Collection<Int64>, of key: Key, isStored: Bool) {
        guard let place = windows.index(forKey: key) else { return }
        total -= windows.values[place].settle(times, isStored: isStored)
    }

    /// When there are too many times, lets all windows keep fewer; if more than three quarters are left, forgets windows without
    /// pending times down to half. Held ones stay as they are.
    package mutating func shrink() {
        guard total > nextShrink else { return }
        let kept = max(Self.leastTimes, maximumTimes / 2 / windows.count - Self.windowCost)
        var place = windows.startIndex
        while place != windows.endIndex {
            if !held.contains(windows[place].key) { total -= windows.values[place].shrink(to: kept) }
            windows.formIndex(after: &place)
        }
        if total > maximumTimes / 4 * 3 { forgetUnused() }
        // Where all are in use, not again and again.
        nextShrink = max(maximumTimes, total + maximumTimes / 4)
    }

    private mutating func forgetUnused() {
        let idle = windows.filter { $0.value.pending.isEmpty && !held.contains($0.key) }.sorted {
            $0.value.lastUse < $1.value.lastUse
        }
        for (key, window) in idle {
            guard total > maximumTimes / 2 else { return }
            total -= window.times.count + Self.windowCost
            windows[key] = nil
        }
    }
}
