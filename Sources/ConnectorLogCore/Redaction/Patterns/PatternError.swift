/// Why a regular expression or a path was refused.
package struct PatternError: Error, Hashable, Sendable {
    /// Where in the expression, in bytes of UTF-8.
    package var offset: Int
    package var message: String

    package init(offset: Int, message: String) {
        (self.offset, self.message) = (offset, message)
    }
}
