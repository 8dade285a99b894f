/// Where and why a text is not JSON by RFC 8259. Cheap to throw: it holds no text.
struct JSONScanError: Error, Equatable {
    enum Problem: String {
        case endsEarly = "ends early"
        case expectedValue = "a value is expected"
        case expectedName = "a member's name is expected"
        case expectedColon = "a colon is expected"
        case expectedCommaOrBracket = "a comma or closing bracket is expected"
        case expectedEnd = "nothing more is expected"
        case controlCharacter = "a control character must be escaped"
        case badEscape = "no such escape"
        case loneSurrogate = "half of a surrogate pair"
        case badNumber = "no number has this form"
        case tooDeep = "nested too deep"
    }

    var problem: Problem
    /// Bytes before the place of the problem.
    var offset: Int

    init(_ problem: Problem, _ offset: Int) {
        (self.problem, self.offset) = (problem, offset)
    }
}
