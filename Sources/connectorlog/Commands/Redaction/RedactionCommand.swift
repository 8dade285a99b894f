import ArgumentParser
import ConnectorLogAPI
import Foundation

struct RedactionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redaction", abstract: "Show, try and set a team's own rules of redaction.",
        discussion: """
            Rules are JSON, as get --json writes them and docs/redaction.md describes them. Setting and trying take an admin's \
            key.
            """,
        subcommands: [RedactionGetCommand.self, RedactionSetCommand.self, RedactionTryCommand.self])

    /// One rule a row.
    struct RuleRow: Sendable {
        var member: String
        var name: String
        var detail = ""
    }

    static let columns: [Column<RuleRow>] = [
        Column("RULE") { $0.member },
        Column("NAME", isFlexible: true) { $0.name },
        Column("EXPRESSION", isFlexible: true) { $0.detail },
    ]

    static func listing(_ answer: APIClient.Answer<RedactionRulesDocument>) -> Listing<RuleRow> {
        Listing(
            columns: columns, rows: rows(answer.content), document: answer.document, identifier: { $0.name })
    }

    private static func rows(_ rules: RedactionRulesDocument) -> [RuleRow] {
        func rows(_ member: String, _ names: [String]) -> [RuleRow] { names.map { RuleRow(member: member, name: $0) } }
        let kinds = [
            ("email", rules.personalData.email), ("phone", rules.personalData.phone),
            ("iban", rules.personalData.iban),
        ]
        return rows("names", rules.names) + rows("exceptions", rules.exceptions)
            + rules.patterns.map { RuleRow(member: "patterns", name: $0.name, detail: $0.expression) }
            + rows("json_paths", rules.jsonPaths) + rows("personal_data", kinds.filter(\.1).map(\.0))
            + rows("keep_no_bodies", rules.keepNoBodies)
    }
}

/// Rules out of a file.
struct RulesFileOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("File with the rules in JSON; - is standard input.", valueName: "file"))
    var file: String

    /// What the API takes.
    static let maximumBytes = 1 << 20

    /// The bytes as they are: they are one JSON object.
    func read() throws(CommandFailure) -> [UInt8] {
        let bytes: Data
        do {
            let handle = file == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: file))
            var read = Data()
            while read.count <= Self.maximumBytes, let more = try handle.read(upToCount: 1 << 16), !more.isEmpty {
                read += more
            }
            bytes = read
        } catch {
            throw CommandFailure(.noInput, "cannot read \(file == "-" ? "standard input" : file)")
        }
        guard bytes.count <= Self.maximumBytes else {
            throw CommandFailure(.dataError, "the rules have more than \(Self.maximumBytes) bytes")
        }
        guard (try? JSONSerialization.jsonObject(with: bytes)) is [String: Any] else {
            throw CommandFailure(.dataError, "the rules are no JSON object")
        }
        return Array(bytes)
    }
}
