/// A regular expression as it was read.
indirect enum PatternNode: Sendable {
    enum Assertion: Sendable {
        case textStart, textEnd, wordBoundary, noWordBoundary
    }

    struct Repetition: Sendable {
        var least: Int
        /// Nil: without end.
        var most: Int?
        var isGreedy = true
    }

    case units(UnitSet)
    case assertion(Assertion)
    case sequence([PatternNode])
    /// The branches, the preferred one first.
    case choice([PatternNode])
    case repeated(PatternNode, Repetition)
    /// What it matches is the result.
    case group(PatternNode)

    var matchesEmptyText: Bool {
        switch self {
        case .units: false
        case .assertion: true
        case .sequence(let parts): parts.allSatisfy(\.matchesEmptyText)
        case .choice(let branches): branches.contains(where: \.matchesEmptyText)
        case .repeated(let body, let repetition): repetition.least == 0 || body.matchesEmptyText
        case .group(let body): body.matchesEmptyText
        }
    }

    var hasGroup: Bool {
        switch self {
        case .units, .assertion: false
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.hasGroup)
        case .repeated(let body, _): body.hasGroup
        case .group: true
        }
    }

    /// How many instructions it becomes; of the large only that they are large.
    var instructionCount: Int {
        let count =
            switch self {
            case .units, .assertion: 1
            case .sequence(let parts): parts.reduce(0) { $0 + $1.instructionCount }
            case .choice(let branches): branches.reduce(2 * (branches.count - 1)) { $0 + $1.instructionCount }
            case .repeated(let body, let repetition): repetition.instructionCount(of: body.instructionCount)
            case .group(let body): body.instructionCount + 2
            }
        return min(count, 1_000_000)
    }
}

extension PatternNode.Repetition {
    func instructionCount(of body: Int) -> Int {
        guard let most else { return max(least, 1) * body + (least == 0 ? 2 : 1) }
        return least * body + (most - least) * (body + 1)
    }
}
