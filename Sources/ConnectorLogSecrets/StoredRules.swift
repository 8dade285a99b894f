import ConnectorLogCore
import Foundation

/// A team's rules as the catalog keeps them: JSON text. Members are never renamed; what is missing is empty, so that new
/// ones can be added.
struct StoredRules: Codable {
    private struct Pattern: Codable {
        var name: String
        var expression: String
    }

    private var names: [String]?
    private var exceptions: [String]?
    private var patterns: [Pattern]?
    private var jsonPaths: [String]?
    private var removesEmails: Bool?
    private var removesPhoneNumbers: Bool?
    private var removesIBANs: Bool?
    private var connectorsWithoutBodies: [String]?

    static func json(_ rules: TeamRedactionRules) -> String {
        var stored = StoredRules()
        stored.names = rules.names
        stored.exceptions = rules.exceptions
        stored.patterns = rules.patterns.map { Pattern(name: $0.name, expression: $0.expression) }
        stored.jsonPaths = rules.jsonPaths
        stored.removesEmails = rules.removesEmails
        stored.removesPhoneNumbers = rules.removesPhoneNumbers
        stored.removesIBANs = rules.removesIBANs
        stored.connectorsWithoutBodies = rules.connectorsWithoutBodies
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(stored), as: UTF8.self)
        } catch {
            preconditionFailure("texts and booleans do not encode")
        }
    }

    /// Nil when the text is none of these.
    static func rules(_ json: String) -> TeamRedactionRules? {
        guard let stored = try? JSONDecoder().decode(StoredRules.self, from: Data(json.utf8)) else { return nil }
        var rules = TeamRedactionRules()
        rules.names = stored.names ?? []
        rules.exceptions = stored.exceptions ?? []
        rules.patterns = (stored.patterns ?? []).map {
            TeamRedactionRules.Pattern(name: $0.name, expression: $0.expression)
        }
        rules.jsonPaths = stored.jsonPaths ?? []
        rules.removesEmails = stored.removesEmails ?? false
        rules.removesPhoneNumbers = stored.removesPhoneNumbers ?? false
        rules.removesIBANs = stored.removesIBANs ?? false
        rules.connectorsWithoutBodies = stored.connectorsWithoutBodies ?? []
        return rules
    }
}
