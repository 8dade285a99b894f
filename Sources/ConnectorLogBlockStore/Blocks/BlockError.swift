/// Stored bytes that are no block of this format, or no longer the bytes that were written. Names the place, never the
/// contents.
struct BlockError: Error, Hashable, CustomStringConvertible {
    enum Reason: String {
        case truncated = "ends too early"
        case magic = "does not begin as a block"
        case version = "is of an unknown version"
        case checksum = "does not have its checksum"
        case length = "has an impossible length"
        case encoding = "has an unknown encoding"
        case value = "holds an impossible value"
        case compression = "does not decompress"
        case missing = "is missing"
    }

    var reason: Reason
    /// For example `part 1` or `column 6`.
    var place: String

    init(_ reason: Reason, _ place: String) {
        (self.reason, self.place) = (reason, place)
    }

    var description: String { "\(place) \(reason.rawValue)" }
}
