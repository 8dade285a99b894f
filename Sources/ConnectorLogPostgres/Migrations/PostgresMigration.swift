/// One step from one version of the tables to the next. Steps that were released never change; none of them loses
/// anything.
package struct PostgresMigration: Sendable {
    /// Rises by one from step to step, begins with 1.
    package let number: Int64
    package let name: String
    /// Run in one transaction.
    package let statements: [String]

    static let all: [PostgresMigration] = [
        PostgresMigration(number: 1, name: "catalog", statements: catalog),
        PostgresMigration(number: 2, name: "flow states", statements: flowStates),
        PostgresMigration(number: 3, name: "commits", statements: commits),
        PostgresMigration(number: 4, name: "parts of calls that wait", statements: pendingParts),
        PostgresMigration(number: 5, name: "erasures", statements: erasures),
        PostgresMigration(number: 6, name: "copies of other stores", statements: copies),
        PostgresMigration(number: 7, name: "what erasures remove", statements: erasurePlans),
        PostgresMigration(number: 8, name: "flow states that change in place", statements: flowStateHours),
        PostgresMigration(number: 9, name: "counts of entries", statements: entryCounts),
        PostgresMigration(number: 10, name: "versions of secrets", statements: secretVersions),
    ]

    static var newest: Int64 { all.last?.number ?? 0 }
}
