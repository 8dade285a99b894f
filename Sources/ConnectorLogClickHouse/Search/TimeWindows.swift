import ConnectorLogCore

/// The spans of time that a page is looked for in, one behind the other, each much longer than the one before: ClickHouse reads
/// all of a span to sort it, and most pages are full within the first.
struct TimeWindows {
    struct Window: Hashable {
        /// Inclusive; nil bounds nothing.
        var from: Timestamp?
        /// Exclusive.
        var to: Timestamp?
    }

    private static let firstSeconds: Int64 = 3600
    private static let growth: Int64 = 8
    /// Then all that is left is one.
    private static let longestSeconds: Int64 = 365 * 86_400

    private enum Way {
        /// From this instant on, which belongs to the first window.
        case onward(Timestamp)
        /// From this instant back, which does not.
        case back(Timestamp)
        case all
    }

    private var way: Way?
    private var seconds = Self.firstSeconds

    /// - Parameter latest: no entry that the query may find is later; nil when that is not known.
    init(_ query: EntryQuery, latest: Timestamp?) {
        switch query.order {
        case .newestFirst:
            let ends = [query.after?.time, latest].compactMap(\.self).map { $0.advanced(byMicroseconds: 1) }
            way = (ends + [query.to].compactMap(\.self)).min().map { .back($0) } ?? .all
        case .oldestFirst:
            way = [query.after?.time, query.from].compactMap(\.self).max().map { .onward($0) } ?? .all
        }
    }

    mutating func next() -> Window? {
        guard let way else { return nil }
        let isLast = seconds > Self.longestSeconds
        defer { seconds *= Self.growth }
        switch way {
        case .all:
            self.way = nil
            return Window()
        case .onward(let start):
            let end = start.advanced(bySeconds: seconds)
            self.way = isLast ? nil : .onward(end)
            return Window(from: start, to: isLast ? nil : end)
        case .back(let end):
            let start = end.advanced(bySeconds: -seconds)
            self.way = isLast || start <= .epoch ? nil : .back(start)
            return Window(from: isLast || start <= .epoch ? nil : start, to: end)
        }
    }
}
