import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct RedactionTryCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Tell what rules would remove from stored entries. Nothing is changed.",
        discussion: "connectorlog redaction try rules.json --connector crm --limit 500")

    private static let entries = "\(RuleTrialLimits.entries.lowerBound) to \(RuleTrialLimits.entries.upperBound)"

    @OptionGroup var rules: RulesFileOptions

    @Option(help: ArgumentHelp("Read this connector's entries alone.", valueName: "identifier"))
    var connector: String?

    @Option(
        help: ArgumentHelp(
            "How many of the newest entries are read: \(entries) (default: \(RuleTrialLimits.defaultEntries)).",
            valueName: "entries"))
    var limit: Int?

    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let connector, !Connector.isIdentifier(connector) {
            throw ValidationError("--connector has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        if let limit, !RuleTrialLimits.entries.contains(limit) {
            throw ValidationError("--limit has to be \(Self.entries)")
        }
    }

    private static let columns: [Column<RuleTrialDocument.Rule>] = [
        Column("RULE") { $0.member },
        Column("NAME", isFlexible: true) { $0.name },
        Column("FINDS", alignment: .right) { String($0.finds) },
        Column("ENTRIES", alignment: .right) { String($0.entries) },
    ]

    private static let exampleColumns: [Column<RuleTrialDocument.Example>] = [
        Column("LOG ENTRY") { $0.logID },
        Column("FIELD", isFlexible: true) { $0.receipt.field },
        Column("BEFORE", isFlexible: true) { $0.before },
        Column("AFTER", isFlexible: true) { $0.after },
    ]

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        let rules = try rules.read()
        try await connection.withClient(in: context) { client in
            let answer = try await client.tryRedactionRules(
                team: team, json: rules, connector: connector, limit: limit)
            let told = answer.content
            try context.console.render(
                Listing(columns: Self.columns, rows: told.rules, document: answer.document, identifier: \.name),
                as: output.format)
            guard case .table = output.format else { return }
            if !told.examples.isEmpty {
                try context.console.say("")
                for line in Table(columns: Self.exampleColumns, rows: told.examples).lines(on: context.console.output) {
                    try context.console.say(line)
                }
            }
            try context.console.tell(Self.note(told))
            if let note = Self.standingNote(told) { try context.console.tell(note) }
        }
    }

    /// What is found anyway came before it was known; nil when there is nothing.
    private static func standingNote(_ told: RuleTrialDocument) -> String? {
        // Says of a body that it was compressed: nothing goes by it.
        let finds = told.standingRules.filter { $0.rule != RedactionRule.decompressed.name }
        guard !finds.isEmpty else { return nil }
        let list = finds.map { "\($0.rule) \($0.finds)" }.joined(separator: ", ")
        return "rules that hold already also found what was stored before they did: \(list)"
    }

    private static func note(_ told: RuleTrialDocument) -> String {
        let end =
            switch told.stoppedAt {
            case "bytes": "; reading ended early, at the limit of bytes"
            case "time": "; reading ended early, at the limit of time"
            default: ""
            }
        return "\(told.entriesChanged) of \(told.entriesRead) entries would change\(end)"
    }
}
