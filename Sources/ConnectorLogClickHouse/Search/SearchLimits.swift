/// Up to how many entries, of the team's connector or the team, a page is found in one way and not in the next.
package struct SearchLimits: Hashable, Sendable {
    /// All columns are read together.
    package var readTogether = 20_000
    /// Times are found first, by a statement within the statement. Past that they are looked for in one span of time behind the
    /// other.
    package var sortedAtOnce = 300_000

    package init() {}

    package init(readTogether: Int, sortedAtOnce: Int) {
        (self.readTogether, self.sortedAtOnce) = (readTogether, sortedAtOnce)
    }
}
