/// A regular expression whose search takes time linear in the text, whatever expression and text: at most the text's
/// length times the program's size, because all ways to match are followed at once and none is gone back to.
///
/// Texts are bytes. What is UTF-8 in them is read scalar by scalar, and each byte that is not is a unit of its own,
/// which only `.` and what is inverted (`[^...]`, `\D`, `\W`, `\S`) match.
///
/// | Syntax | Matches |
/// |---|---|
/// | `.` | all but the newline |
/// | `[a-zé]` `[^...]` | one of the class; within it escapes are known, and `-` stands for itself first or last |
/// | `\d \w \s` `\D \W \S` | digits, letters with digits and `_`, blanks of ASCII; and all else |
/// | `\n \t \r \f \xHH \uHHHH` | the scalar; other escapes are of ASCII punctuation, which then stands for itself |
/// | `ab` `a\|b` | one behind the other; either, the first preferred |
/// | `* + ?` `{n} {n,} {n,m}` | as often as possible; with `?` behind it as seldom as possible; counts up to 1,000 |
/// | `^ $` `\b \B` | where the text starts and ends; at the edge of a word of ASCII, or not |
/// | `(...)` `(?:...)` | the part that is the result, of which there is one at most; a group |
/// | `(?i)` | at the start of the expression: letters of ASCII match in either case |
///
/// Of the matches that start leftmost the preferred one is taken, as Perl does; only where a round of `*`, `+` or
/// `{n,}` may itself read nothing (`(?:|a)+`) another may be. Refused are: what has no linear meaning (back-references,
/// look-around, atomic and possessive parts, recursion), what may match the empty text, expressions longer than 1,000
/// bytes and those of more than 2,000 instructions, of which each part of the expression is one or two, as often as a
/// count says.
package struct LinearPattern: Sendable {
    /// In bytes.
    package static let maximumLength = 1_000
    package static let maximumInstructionCount = 2_000

    let node: PatternNode

    package init(_ expression: String) throws(PatternError) {
        let node = try PatternParser.parse(expression)
        if node.matchesEmptyText { throw PatternError(offset: 0, message: "matches the empty text") }
        guard node.instructionCount <= Self.maximumInstructionCount else {
            throw PatternError(offset: 0, message: "too large: its counts repeat too much")
        }
        self.node = node
    }
}
