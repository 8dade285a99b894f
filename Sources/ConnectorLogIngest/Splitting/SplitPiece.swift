/// What a splitter finds next. Numbers count from 1.
package enum SplitPiece {
    /// A line or an element whole; its bytes are good until the splitter goes on.
    case line(Int, UnsafeRawBufferPointer)
    /// Longer than a line may be; its bytes are passed over.
    case tooLong(Int)
    /// The text between elements is not JSON; the rest of the body is passed over.
    case broken(Int, LineError)
}
