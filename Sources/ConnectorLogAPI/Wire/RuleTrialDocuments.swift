package import ConnectorLogCore

/// What rules that were tried would do, as `POST /v1/teams/{t}/redaction/try` answers it.
package struct RuleTrialOutcome: Sendable {
    /// Why fewer entries were read than there are.
    package enum StoppedAt: String, Sendable {
        case bytes, time
    }

    /// A text of the caller's own.
    package struct Text: Sendable {
        package var after: String
        package var receipt: [Redaction]

        package init(after: String, receipt: [Redaction]) {
            (self.after, self.receipt) = (after, receipt)
        }
    }

    package var result = RuleTrialResult()
    package var stoppedAt: StoppedAt?
    package var text: Text?

    package init() {}
}

extension RuleTrialOutcome: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("entries_read", result.entriesRead)
            json.member("entries_changed", result.entriesChanged)
            json.member("bytes_read", result.bytesRead)
            json.member("stopped_at", stoppedAt?.rawValue)
            json.member("rules", result.rules)
            json.member("standing_rules", result.standingRules)
            json.member("examples", result.examples)
            json.name("text")
            if let text { json.write(text) } else { json.writeNull() }
        }
    }
}

extension RuleTrialOutcome.Text: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("after", after)
            $0.member("receipt", receipt)
        }
    }
}

extension TriedRule: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("member", member.rawValue)
            $0.member("name", name)
            $0.member("finds", finds)
            $0.member("entries", entries)
        }
    }
}

extension RuleTrialResult.StandingRule: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("rule", rule.name)
            $0.member("finds", finds)
            $0.member("entries", entries)
        }
    }
}

extension RuleTrialResult.Example: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("log_id", entryID)
            $0.member("log_time", logTime)
            $0.member("connector_identifier", connector)
            $0.member("member", member.rawValue)
            $0.member("name", name)
            $0.member("receipt", receipt)
            $0.member("before", excerpt.before)
            $0.member("after", excerpt.after)
        }
    }
}

/// The same as a client reads it.
package struct RuleTrialDocument: Decodable, Equatable, Sendable {
    package struct Rule: Decodable, Equatable, Sendable {
        package var member: String
        package var name: String
        package var finds: Int
        package var entries: Int
    }

    package struct StandingRule: Decodable, Equatable, Sendable {
        package var rule: String
        package var finds: Int
        package var entries: Int
    }

    package struct Example: Decodable, Equatable, Sendable {
        package var logID: String
        package var logTime: Timestamp
        package var connectorIdentifier: String
        package var member: String
        package var name: String
        package var receipt: RedactionDocument
        package var before: String
        package var after: String

        private enum CodingKeys: String, CodingKey {
            case logID = "log_id"
            case logTime = "log_time"
            case connectorIdentifier = "connector_identifier"
            case member, name, receipt, before, after
        }
    }

    package var entriesRead: Int
    package var entriesChanged: Int
    /// `bytes` or `time`.
    package var stoppedAt: String?
    package var rules: [Rule]
    package var standingRules: [StandingRule]
    package var examples: [Example]

    private enum CodingKeys: String, CodingKey {
        case entriesRead = "entries_read"
        case entriesChanged = "entries_changed"
        case stoppedAt = "stopped_at"
        case standingRules = "standing_rules"
        case rules, examples
    }
}
