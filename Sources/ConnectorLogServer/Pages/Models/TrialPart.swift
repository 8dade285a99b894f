package import ConnectorLogAPI
import ConnectorLogCore

/// What came of a trial, as the page of redaction shows it.
package struct TrialPart: Sendable {
    package struct RuleRow: Hashable, Sendable {
        package let kind: String
        package let ruleName: String
        package let finds: String
        package let entries: String
        package let hasFinds: Bool
    }

    package struct ExampleRow: Sendable {
        package let kind: String
        package let ruleName: String
        package let field: String
        package let connector: String
        package let occurred: DisplayTime
        package let entryHref: String
        package let lead: MarkedText
        package let removed: String
        package let replacement: MarkedText
        package let hasReplacement: Bool
        package let trail: MarkedText
    }

    /// A text of the reader's own.
    package struct OwnText: Sendable {
        package let ownText: MarkedText
        /// False where the whole text goes, as a body of a connector that keeps none does.
        package let isKept: Bool
        package let receipt: [ReceiptRow]
        package let hasReceipt: Bool
    }

    package let summary: String
    package let changes: Badge
    package let stopped: String?
    package let rules: [RuleRow]
    package let hasRules: Bool
    /// Rules that found nothing and are left out here, where there are many.
    package let silentRules: String?
    package let standing: String?
    package let examples: [ExampleRow]
    package let hasExamples: Bool
    package let own: OwnText?

    /// Rows of rules without a find that are listed; a team may have hundreds.
    private static let silentRows = 20

    package init(_ outcome: RuleTrialOutcome, team: Int64, connector: String?) {
        let result = outcome.result
        let entries = result.entriesRead == 1 ? "entry" : "entries"
        summary =
            result.entriesRead == 0
            ? "There are no stored entries\(connector.map { " of \($0)" } ?? "") to try the rules on."
            : "The newest \(DisplayNumber.grouped(result.entriesRead)) \(entries)\(connector.map { " of \($0)" } ?? "") "
                + "were read. Nothing was changed."
        changes = Badge(changedEntries: result.entriesChanged)
        stopped = outcome.stoppedAt.map { limit in
            switch limit {
            case .bytes: "Reading ended early: the entries are large, and a trial reads at most 32 MiB."
            case .time: "Reading ended early: a trial takes at most ten seconds."
            }
        }
        let found = result.rules.filter { $0.finds > 0 }
        let silent = result.rules.filter { $0.finds == 0 }
        rules = (found + silent.prefix(Self.silentRows)).map { rule in
            RuleRow(
                kind: rule.member.label, ruleName: rule.name, finds: DisplayNumber.grouped(rule.finds),
                entries: DisplayNumber.grouped(rule.entries), hasFinds: rule.finds > 0)
        }
        hasRules = !rules.isEmpty
        silentRules =
            silent.count > Self.silentRows
            ? "\(DisplayNumber.grouped(silent.count - Self.silentRows)) more rules found nothing." : nil
        standing = Self.standing(result)
        examples = result.examples.map { example in
            ExampleRow(
                kind: example.member.label, ruleName: example.name, field: example.receipt.field,
                connector: example.connector, occurred: DisplayTime(example.logTime),
                entryHref: PageAddress.entry(team, example.entryID), lead: MarkedText(example.excerpt.lead),
                removed: example.excerpt.removed, replacement: MarkedText(example.excerpt.replacement),
                hasReplacement: !example.excerpt.replacement.isEmpty, trail: MarkedText(example.excerpt.trail))
        }
        hasExamples = !examples.isEmpty
        own = outcome.text.map {
            OwnText(
                ownText: MarkedText($0.after), isKept: !$0.after.isEmpty,
                receipt: $0.receipt.map(ReceiptRow.init), hasReceipt: !$0.receipt.isEmpty)
        }
    }

    /// What is found anyway would have been removed, had it been known when the entry came.
    private static func standing(_ result: RuleTrialResult) -> String? {
        let finds = result.standingRules.filter { $0.rule != .decompressed }
        guard !finds.isEmpty else { return nil }
        let list = finds.map { "\($0.rule.name.replacing("_", with: " ")) \(DisplayNumber.grouped($0.finds))" }
        return "Rules that hold already also found something that was stored before they did: "
            + list.joined(separator: ", ") + ". connectorlog verify-secrets --erase takes registered secrets out of "
            + "the store while the server is stopped; docs/operations.md tells how."
    }
}

extension TriedRule.Member {
    /// What pages call a rule of this kind.
    var label: String {
        switch self {
        case .names: "Name"
        case .patterns: "Expression"
        case .jsonPaths: "JSON path"
        case .personalData: "Personal data"
        case .keepNoBodies: "No bodies of"
        }
    }
}
