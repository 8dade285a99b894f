/// How a column of header lists is stored: senders repeat the same names in the same order, so that each row keeps only
/// the number of its *shape*, and the values of each name form a column of their own, the name's *cell*. Values that other
/// columns of the entry give are left out. `docs/block-format.md` describes it to the byte.
enum HeaderColumnFormat {
    enum CellKind: UInt8 {
        /// The values as a text column.
        case texts = 0
        /// Values that are the entry's request id are left out.
        case requestID = 1
        /// Of a W3C `traceparent` with the entry's trace id only the span id and the flags are kept.
        case traceParent = 2
        /// A `Date` is kept as its distance in seconds from the entry's log time.
        case date = 3
    }

    /// Fields of all rows together: a reader's memory is bounded by it.
    static let maximumFields = 1 << 24

    /// Bytes of one row's list: a line of input has 4 MiB at most. Fields may share a value, so that few stored bytes
    /// could stand for a very long list.
    static let maximumListBytes = 1 << 24

    /// `00-`, 32 digits of the trace id, `-`, 16 of the span id, `-`, 2 of the flags (W3C Trace Context, section 3.2).
    static let traceParentLength = 55
    static let traceIDPlace = 3..<35
    static let spanIDPlace = 36..<52
    static let flagsPlace = 53..<55
}

/// The other columns of a block that header values may refer to.
struct HeaderReferences {
    var requestIDs: TextColumnReader
    var traceIDs: TextColumnReader
    var logTimes: [Int64]
}
