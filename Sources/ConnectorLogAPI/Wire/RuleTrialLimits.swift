/// How much one trial of rules may read, and how many run at once. What is longer is not read to its end, and the answer
/// says so.
package enum RuleTrialLimits {
    package static let defaultEntries = 100
    package static let entries = 1...1000
    /// Bytes of the entries' texts. The entry that passes it is the last.
    package static let bytes = 32 << 20
    /// From the first entry on.
    package static let duration = Duration.seconds(10)
    /// Characters of a text of one's own.
    package static let text = 1...65_536
    /// Of the whole server; for one more there is 503.
    package static let atOnce = 4
}
