/// Which looks are taken at what comes in: both. A test leaves one out to see what the other finds, or both to see that its
/// own search would find something; a release program has no such choice.
struct Looks: Sendable {
    #if DEBUG
        var first = true
        var second = true
    #else
        var first: Bool { true }
        var second: Bool { true }
    #endif
}
