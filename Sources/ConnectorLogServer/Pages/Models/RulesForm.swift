import ConnectorLogAPI
package import ConnectorLogCore
import ConnectorLogSecrets
import Crypto

/// A team's rules as a form has them: lists with a line for each element, and rows for expressions.
package struct RulesForm: Sendable {
    package struct PatternRow: Hashable, Sendable {
        package let number: Int
        package let patternName: String
        package let expression: String
        package let nameField: String
        package let expressionField: String
        /// What is wrong with it; nil when nothing is.
        package let problem: String?
    }

    package struct Area: Hashable, Sendable {
        package let field: String
        package let label: String
        package let help: String
        package let text: String
        package let rows: Int
        package let problem: String?
    }

    /// Rows for expressions that are still to be written; there are as many again after each answer.
    package static let blankRows = 2

    package let names: Area
    package let exceptions: Area
    package let paths: Area
    package let connectors: Area
    package let patterns: [PatternRow]
    package let patternsProblem: String?
    package let removesEmails: Bool
    package let removesPhoneNumbers: Bool
    package let removesIBANs: Bool

    package init(_ rules: TeamRedactionRules, problem: RedactionRulesError? = nil) {
        func area(_ field: String, _ label: String, _ help: String, _ texts: [String]) -> Area {
            Area(
                field: field, label: label, help: help, text: texts.joined(separator: "\n"),
                rows: min(max(texts.count + 1, 3), 10), problem: Self.words(problem, for: field, texts))
        }
        names = area(
            "names", "Names that say credential",
            "Of headers, parameters, form fields, JSON members and XML elements. One a line.",
            rules.names)
        exceptions = area(
            "exceptions", "Exceptions", "Names that the rules for all take for credentials, and that are none here.",
            rules.exceptions)
        paths = area(
            "json_paths", "JSON paths", "Their values go: $.customer.vat_id, $..birthday, $.rows[*].iban. One a line.",
            rules.jsonPaths)
        connectors = area(
            "keep_no_bodies", "Connectors without bodies", "Of their calls no body is kept. One identifier a line.",
            rules.connectorsWithoutBodies)
        let blank = TeamRedactionRules.Pattern(name: "", expression: "")
        let room = max(0, min(Self.blankRows, RuleLimits.patterns - rules.patterns.count))
        patterns = (rules.patterns + Array(repeating: blank, count: room)).enumerated().map { index, pattern in
            PatternRow(
                number: index + 1, patternName: pattern.name, expression: pattern.expression,
                nameField: "pattern_name_\(index)", expressionField: "pattern_expression_\(index)",
                problem: Self.words(problem, forPattern: index))
        }
        patternsProblem = problem.flatMap { $0.field == "patterns" ? Self.sentence("The list " + $0.message) : nil }
        removesEmails = rules.removesEmails
        removesPhoneNumbers = rules.removesPhoneNumbers
        removesIBANs = rules.removesIBANs
    }

    /// What is wrong with a list, with the element that it is about.
    private static func words(_ problem: RedactionRulesError?, for field: String, _ texts: [String]) -> String? {
        guard let problem, problem.field.hasPrefix(field) else { return nil }
        let rest = problem.field.dropFirst(field.count)
        if rest.isEmpty { return sentence("The list " + problem.message) }
        guard rest.hasPrefix("["), rest.hasSuffix("]"), let index = Int(rest.dropFirst().dropLast()),
            texts.indices.contains(index)
        else { return nil }
        return sentence("“\(texts[index].prefix(scalars: 60))”: \(problem.message)")
    }

    private static func words(_ problem: RedactionRulesError?, forPattern index: Int) -> String? {
        switch problem?.field {
        case "patterns[\(index)].name": problem.map { sentence("The name " + $0.message) }
        case "patterns[\(index)].expression": problem.map { sentence("The expression: " + $0.message) }
        default: nil
        }
    }

    private static func sentence(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }

    /// Changes with the rules, so that a form can tell whether they are those that it began with.
    package static func digest(of rules: TeamRedactionRules) -> String {
        let digest = SHA256.hash(data: JSONWriter.bytes(of: rules))
        return digest.prefix(16).hexadecimal
    }

    // MARK: - Reading

    /// What a reader sent. Blank lines and rows are left out, and so is white space around a line.
    package static func rules(of form: PageForm) -> TeamRedactionRules {
        func lines(_ field: String) -> [String] {
            (form[field] ?? "").split(whereSeparator: \.isNewline).map { $0.trimmed }.filter { !$0.isEmpty }
        }
        var rules = TeamRedactionRules()
        rules.names = lines("names")
        rules.exceptions = lines("exceptions")
        rules.jsonPaths = lines("json_paths")
        rules.connectorsWithoutBodies = lines("keep_no_bodies")
        for index in 0..<RuleLimits.patterns {
            let name = form["pattern_name_\(index)"]?.trimmed ?? ""
            // White space is part of an expression.
            let expression = form["pattern_expression_\(index)"] ?? ""
            if name.isEmpty && expression.isEmpty { continue }
            rules.patterns.append(TeamRedactionRules.Pattern(name: name, expression: expression))
        }
        rules.removesEmails = form["email"] != nil
        rules.removesPhoneNumbers = form["phone"] != nil
        rules.removesIBANs = form["iban"] != nil
        return rules
    }
}

extension StringProtocol {
    /// Without white space around it, which comes along when a text is copied.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
