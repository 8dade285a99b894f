import ConnectorLogCore

/// What a team's rules may be, beside what the book itself takes. Each rule costs time at every entry of the team.
package enum RuleLimits {
    /// Of `names` and of `exceptions` each.
    package static let names = 200
    /// Characters of one of them, and of a connector's identifier 100.
    package static let nameCharacters = 1...96
    package static let patterns = 50
    package static let patternName = 1...64
    package static let expressionCharacters = 1...1000
    package static let jsonPaths = 50
    package static let jsonPathCharacters = 1...500
    package static let connectorsWithoutBodies = 1000

    static func check(_ rules: TeamRedactionRules) throws(RedactionRulesError) {
        try check(rules.names, "names", limit: names, characters: nameCharacters)
        try check(rules.exceptions, "exceptions", limit: names, characters: nameCharacters)
        try check(rules.jsonPaths, "json_paths", limit: jsonPaths, characters: jsonPathCharacters)
        try check(rules.connectorsWithoutBodies.count, "keep_no_bodies", limit: connectorsWithoutBodies)
        for (index, identifier) in rules.connectorsWithoutBodies.enumerated()
        where !Connector.isIdentifier(identifier) {
            throw RedactionRulesError(field: "keep_no_bodies[\(index)]", message: "has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        try check(rules.patterns)
    }

    private static func check(_ patterns: [TeamRedactionRules.Pattern]) throws(RedactionRulesError) {
        try check(patterns.count, "patterns", limit: Self.patterns)
        var seen: Set<String> = []
        for (index, pattern) in patterns.enumerated() {
            guard patternName.contains(pattern.name.utf8.count), Connector.isIdentifier(pattern.name) else {
                throw RedactionRulesError(
                    field: "patterns[\(index)].name", message: "has 1 to 64 of A-Z a-z 0-9 _ -")
            }
            guard seen.insert(pattern.name).inserted else {
                throw RedactionRulesError(
                    field: "patterns[\(index)].name", message: "is that of another pattern: receipts tell them by it")
            }
            try check(pattern.expression, "patterns[\(index)].expression", expressionCharacters)
        }
    }

    private static func check(
        _ texts: [String], _ field: String, limit: Int, characters: ClosedRange<Int>
    ) throws(RedactionRulesError) {
        try check(texts.count, field, limit: limit)
        for (index, text) in texts.enumerated() { try check(text, "\(field)[\(index)]", characters) }
    }

    private static func check(_ count: Int, _ field: String, limit: Int) throws(RedactionRulesError) {
        guard count <= limit else { throw RedactionRulesError(field: field, message: "has at most \(limit) elements") }
    }

    private static func check(
        _ text: String, _ field: String, _ characters: ClosedRange<Int>
    ) throws(RedactionRulesError) {
        guard characters.contains(text.unicodeScalars.count) else {
            throw RedactionRulesError(
                field: field, message: "has \(characters.lowerBound) to \(characters.upperBound) characters")
        }
        // A form has a line for each, and a browser takes breaks out of a field: they would be others when saved there.
        var bytes = 0
        for character in text.unicodeScalars {
            switch character.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                throw RedactionRulesError(
                    field: field, message: "has a control character or a line break, at byte \(bytes)")
            default: bytes += character.utf8.count
            }
        }
    }
}
