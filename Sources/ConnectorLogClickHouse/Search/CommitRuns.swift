/// Numbers of commits as runs that follow each other: while ClickHouse is away, each try of a commit is abandoned, and a list of
/// them would outgrow what a statement may be.
struct CommitRuns: Hashable {
    private(set) var runs: [ClosedRange<UInt64>] = []

    init(_ commits: [UInt64]) {
        for commit in commits.sorted() {
            if let last = runs.last, commit <= last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...max(last.upperBound, commit)
            } else {
                runs.append(commit...commit)
            }
        }
    }

    var isEmpty: Bool { runs.isEmpty }

    /// That a row is of one of these.
    /// - Precondition: there are some.
    var condition: String {
        let conditions = runs.map { run in
            run.count == 1 ? "commit = \(run.lowerBound)" : "commit BETWEEN \(run.lowerBound) AND \(run.upperBound)"
        }
        return "(\(conditions.joined(separator: " OR ")))"
    }
}
