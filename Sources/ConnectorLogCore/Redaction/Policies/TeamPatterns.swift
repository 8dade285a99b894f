/// A team's regular expressions and JSON paths, and the personal data that it wants removed.
final class TeamPatterns: Sendable {
    /// Nil when the rules name none.
    init?(_ rules: TeamRedactionRules) throws(RedactionRulesError) {
        return nil
    }

    func find(
        in text: UnsafeRawBufferPointer, isBody: Bool, into findings: inout [Finding], _ workspace: inout PatternScratch
    ) {}
}

struct PatternScratch {}
