package import ConnectorLogCore

/// What a reader searches for: the fields of the form, as they were typed.
package struct SearchFilter: Hashable, Sendable {
    /// A member of the address, and the field of the form.
    package enum Field: String, CaseIterable, Sendable {
        case text = "q"
        /// Whether the text may stand within a word; else a filter over words tells where to look.
        case within
        case connector, outcome, status, method, event
        case requestID = "request_id"
        case flowID = "flow_id"
        case stateID = "state_id"

        var label: String {
            switch self {
            case .text: "Text"
            case .within: "Also within words"
            case .connector: "Connector"
            case .outcome: "Outcome"
            case .status: "Status"
            case .method: "Method"
            case .event: "Event"
            case .requestID: "Request ID"
            case .flowID: "Flow ID"
            case .stateID: "State ID"
            }
        }

        /// Characters, as the API has it.
        var limit: Int {
            switch self {
            case .connector: 100
            case .within: 1
            case .status: 4
            case .outcome: 6
            case .method: Limits.method
            case .text, .event, .requestID, .flowID, .stateID: Limits.identifier
            }
        }
    }

    package var values: [Field: String]
    package var range: PageRange

    package init(values: [Field: String] = [:], range: PageRange = .standard) {
        (self.values, self.range) = (values, range)
    }

    /// Texts that are too long are cut: no field holds more.
    package init(_ query: PageForm) {
        var values: [Field: String] = [:]
        for field in Field.allCases {
            guard let text = query[field.rawValue]?.trimmed, !text.isEmpty else { continue }
            values[field] = String(text.unicodeScalars.prefix(field.limit))
        }
        self.init(values: values, range: PageRange(query))
    }

    package subscript(field: Field) -> String? { values[field] }

    /// Whether it asks for more than a text and a range.
    package var hasFields: Bool { values.keys.contains { $0 != .text && $0 != .within } }

    package var isWithin: Bool { self[.within] == "1" }

    /// What is to be marked in texts.
    package var needle: MatchedText.Needle? {
        self[.text].map { MatchedText.Needle($0, isWord: !isWithin) }
    }

    /// Members of an address.
    package func query(withoutRange: Bool = false, cursor: String? = nil) -> [(name: String, value: String?)] {
        Field.allCases.map { ($0.rawValue, values[$0]) } + (withoutRange ? [] : range.query) + [("cursor", cursor)]
    }

    /// What to ask the store; throws what is wrong with a field, in words for the reader.
    package func entryQuery(team: Int64, now: Timestamp, limit: Int) throws(Problem) -> EntryQuery {
        var query = EntryQuery(teamID: team, limit: limit)
        if isWithin { query.text = self[.text] } else { query.word = self[.text] }
        if let connector = self[.connector] {
            guard Connector.isIdentifier(connector) else {
                throw Problem(.connector, "A connector's identifier has 1 to 100 of A-Z a-z 0-9 _ -")
            }
            query.connector = connector
        }
        if let text = self[.outcome] {
            guard let outcome = Outcome.allCases.first(where: { $0.name == text }) else {
                throw Problem(.outcome, "The outcome is ok or failed")
            }
            query.outcome = outcome
        }
        if let text = self[.status] {
            guard let status = EntryQuery.StatusFilter(text) else {
                throw Problem(.status, "A status is 100 to 599, a class such as 5xx, or none")
            }
            query.status = status
        }
        query.method = self[.method]
        query.event = self[.event]
        query.requestID = self[.requestID]
        query.flowID = self[.flowID]
        query.stateID = self[.stateID]
        // The chart above the list counts the same calls.
        let buckets = range.buckets(now: now)
        (query.from, query.to) = (buckets.from, buckets.to)
        return query
    }

    /// A field that cannot be searched for.
    package struct Problem: Error, Hashable {
        package let field: Field
        package let text: String

        init(_ field: Field, _ text: String) {
            (self.field, self.text) = (field, text)
        }
    }
}
