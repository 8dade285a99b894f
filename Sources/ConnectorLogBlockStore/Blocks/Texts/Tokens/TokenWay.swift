import ConnectorLogCore

/// What a walk over a column's rows would learn on its way, as the column says it: so that a walk may begin in the middle.
/// Checked as far as its parts tell: it is not trusted.
struct TokenWay {
    private typealias Format = TokenFormat

    let contexts: TokenContexts
    private let rowsBetweenMarks: Int
    /// Mark by mark, by context, the words that came before.
    private let used: [UInt32]

    /// - Parameter counts: the words of each context.
    init(
        _ bytes: [UInt8], rule: TokenFormat.Rule, rows: Int, gaps: Int, counts: [Int], place: String
    ) throws(BlockError) {
        var reader = ByteReader(bytes[...], place: place)
        var contexts = TokenContexts(rule: rule)
        while contexts.count < counts.count {
            let number = contexts.count
            guard let kind = TokenContexts.Origin(rawValue: try reader.byte()) else { throw BlockError(.value, place) }
            let made: Int
            switch kind {
            case .gap:
                let gap = try reader.length(atMost: gaps)
                guard gap < gaps else { throw BlockError(.value, place) }
                made = contexts.head(ofGap: gap)
            case .context:
                let context = try reader.length(atMost: number)
                guard context < number else { throw BlockError(.value, place) }
                made = contexts.successor(of: context)
            case .word:
                let word = Array(try reader.take(try reader.length(atMost: Format.longestPathWord)))
                made = contexts.successor(ofWord: 0..<word.count, in: word.span)
            }
            // One that is there already makes none.
            guard made == number else { throw BlockError(.value, place) }
        }
        rowsBetweenMarks = try reader.length(atMost: BlockFormat.maximumRows)
        guard rowsBetweenMarks >= Format.leastRowsBetweenMarks else { throw BlockError(.value, place) }
        var used: [UInt32] = []
        let marks = max(0, rows - 1) / rowsBetweenMarks
        used.reserveCapacity(min(marks * counts.count, reader.remaining))
        for mark in 0..<marks {
            for count in counts {
                let before = mark == 0 ? 0 : Int(used[used.count - counts.count])
                used.append(UInt32(before + (try reader.length(atMost: count - before))))
            }
        }
        guard reader.remaining == 0 else { throw BlockError(.length, place) }
        (self.contexts, self.used) = (contexts, used)
    }

    /// The last marked row that is not behind `row`, and by context the words that came before it.
    func mark(before row: Int) -> (row: Int, used: ArraySlice<UInt32>)? {
        let number = row / rowsBetweenMarks
        guard number > 0 else { return nil }
        return (number * rowsBetweenMarks, used[(number - 1) * contexts.count..<number * contexts.count])
    }
}
