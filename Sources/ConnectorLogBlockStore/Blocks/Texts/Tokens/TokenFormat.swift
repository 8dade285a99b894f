/// Texts taken apart into *words* (letters and digits) and the *gaps* between them, each kept beside those that stand in
/// the same place of other texts: JSON, URIs and messages repeat their structure in every row, so that a place has one
/// gap, and words of one kind. What repeats costs nothing; digits are kept as numbers or half bytes, few different words as
/// numbers of some bits, and little is left for a codec. `docs/block-format.md` describes it to the byte.
///
/// A text is a word, a gap, a word, a gap, and so on; the first word and the last gap may be empty. The *names* of JSON
/// members, of query parameters and of form fields belong to the gap before the value. A place is a *context*: which one
/// comes next follows from what was read so far (`TokenContexts`), so that it is not stored.
enum TokenFormat {
    /// How contexts follow each other where no name was read.
    enum Rule: UInt8 {
        /// The context is how many words came since the name: good for JSON and free text.
        case place = 0
        /// The context is the word before, or that an id came: good for URIs, whose paths are of different lengths.
        case path = 1
    }

    /// How the words of a context are kept.
    enum Words: UInt8 {
        case constant = 0
        /// Distinct words, and for each word its number in as many bits as the greatest needs.
        case dictionary = 1
        /// Distinct words, most frequent first, and for each word its number as a byte among the codes.
        case frequencies = 2
        /// Decimal numbers without leading zeros: distances from the least in bits.
        case integers = 3
        /// Lower-case hexadecimal of one length.
        case hexadecimal = 4
        /// Lengths among the codes, bytes among the texts.
        case plain = 5
    }

    /// How the gaps of a context are kept; one gap needs nothing.
    enum Gaps: UInt8 {
        case bits = 0
        case codes = 1
    }

    /// More of either, and the texts are of no common form.
    static let maximumContexts = 1024
    static let maximumGaps = 1024
    /// Of more gaps than these each has to come several times on average.
    static let fewGaps = 64
    static let usesOfGap = 4
    /// More distinct words of a context are kept as they are.
    static let maximumWords = 1024
    /// Words behind a name that have contexts of their own; all that follow share the last.
    static let places = 8
    /// A longer word is no part of a path's form, whatever it looks like.
    static let longestPathWord = 24
    /// Rows from one mark of the way to the next. More marks take more room, fewer cost whoever looks for single rows: lists
    /// show many URIs of a block, and bodies are shown one at a time.
    static func rowsBetweenMarks(_ rule: Rule) -> Int { rule == .path ? 64 : 256 }
    /// As many at least, whoever wrote them.
    static let leastRowsBetweenMarks = 32
    /// Decimal digits of a number that is kept as one.
    static let integerDigits = 15

    /// Beside the rule: the column says its way (`TokenWay`).
    static let wayFlag: UInt8 = 0x80

    /// What is said of a gap beside its bytes.
    static let lastFlag: UInt8 = 1
    static let namedFlag: UInt8 = 2

    /// Bits that a number below `count` needs.
    @inline(__always)
    static func bits(for count: Int) -> Int {
        count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    /// Whether a word is fixed text of paths: without any digit, and short.
    @inline(__always)
    static func isPathWord(_ text: Span<UInt8>, _ word: Range<Int>) -> Bool {
        guard word.count <= longestPathWord else { return false }
        for at in word where text[at] &- 0x30 <= 9 { return false }
        return true
    }
}
