package import ConnectorLogCore

/// Where registered secrets stand in a store. Names places and placeholders, never a value or what is around it.
package struct SecretReport: Sendable, Equatable {
    package enum Place: Sendable, Hashable {
        case entry(block: Int64, row: Int, id: EntryID?)
        /// A row of a table by its `rowid`; by its number in the table's order, from 1 on, where rows have none.
        case row(table: String, row: Int64)
        /// Bytes from the file's beginning.
        case file(name: String, offset: Int)
    }

    package struct Finding: Sendable, Hashable {
        package var place: Place
        /// Nil where it is not known.
        package var team: Int64?
        /// A field of an entry or fault as the API calls it, or a column of a table; empty for files.
        package var field: String
        /// The secret, as the API calls it.
        package var secret: String
        /// How often it stands there.
        package var count: Int
    }

    /// More are counted, but not listed.
    package static let maximumListed = 10_000

    package var blocks = 0
    package var entries = 0
    /// Of tables beside blocks.
    package var rows = 0
    package var files = 0
    /// Of files.
    package var bytes = 0
    package private(set) var findings: [Finding] = []
    package private(set) var findingCount = 0
    /// What could not be read, so that nobody can say what is in it.
    package private(set) var damage: [CheckReport.Fault] = []
    /// What was not searched, and why.
    package var unsearched: [String] = []

    package init() {}

    package var isClean: Bool { findingCount == 0 }

    mutating func add(_ finding: Finding) {
        findingCount += 1
        if findings.count < Self.maximumListed { findings.append(finding) }
    }

    mutating func add(_ fault: CheckReport.Fault) {
        if damage.count < Self.maximumListed { damage.append(fault) }
    }

    /// Adds finds of one text, one finding a secret.
    mutating func add(
        _ found: [KnownSecretSearch.Found], of search: KnownSecretSearch, at place: Place, team: Int64?, field: String
    ) {
        if found.isEmpty { return }
        for (secret, count) in Dictionary(found.map { ($0.secret, 1) }, uniquingKeysWith: +).sorted(by: {
            $0.key < $1.key
        }) {
            add(Finding(place: place, team: team, field: field, secret: search.secrets[secret].name, count: count))
        }
    }
}
