/// Memory of searches, kept from one to the next so that they allocate nothing once it is warm: up to 4 MB of states of
/// one `PatternSet`, which begin anew when another set uses it.
package struct PatternScratch: ~Copyable, Sendable {
    /// Where a pattern's matches are.
    struct Area {
        /// All start here or later; nil when there are none.
        var start: Int?
        /// And end here or before; at least one does when the states told it.
        var end = 0
    }

    /// Steps of the machines, for tests: units read through the table, and instructions looked at.
    package internal(set) var work = 0
    /// The `PatternSet` whose states these are, by its number.
    var owner: UInt64 = 0
    var states = PatternStates()
    var threads = PatternThreads()
    /// For each pattern.
    var areas: [Area] = []

    package init() {}
}
