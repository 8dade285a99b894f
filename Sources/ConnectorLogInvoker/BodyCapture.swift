import ConnectorLogIngest
import NIOCore

/// The beginning of a body that passes by, and how long it is. What goes beyond a small beginning takes room out of the
/// budget of ingest; where that has none, no more is kept.
struct BodyCapture {
    /// Kept without room of its own.
    static let small = 4096
    private static let step = 16 << 10

    private let limit: Int
    private let hold: @Sendable (Int) -> AdmissionHold?
    private var holds: [AdmissionHold] = []
    private var room: Int
    private var kept = ByteBuffer()
    private(set) var size = 0

    /// - Parameter limit: bytes that are kept.
    init(limit: Int, hold: @escaping @Sendable (Int) -> AdmissionHold?) {
        self.limit = limit
        self.hold = hold
        room = min(limit, Self.small)
    }

    mutating func take(_ bytes: ByteBuffer) {
        defer { size += bytes.readableBytes }
        // What comes behind a gap is no beginning.
        guard kept.readableBytes == size else { return }
        makeRoom(for: size + bytes.readableBytes)
        let left = room - kept.readableBytes
        if size == 0, bytes.readableBytes <= left {
            // The common case is one piece, which is shared and not copied.
            kept = bytes
        } else if left > 0 {
            kept.writeBytes(bytes.readableBytesView.prefix(left))
        }
    }

    private mutating func makeRoom(for bytes: Int) {
        while room < min(bytes, limit), let more = hold(Self.step) {
            holds.append(more)
            room = min(room + Self.step, limit)
        }
    }

    /// Lets go of what was kept, and its room.
    mutating func release() { (kept, holds) = (ByteBuffer(), []) }

    /// Nil when nothing came.
    func captured(isWhole: Bool = true) -> RecordedCall.Capture? {
        size == 0 ? nil : RecordedCall.Capture(bytes: Array(kept.readableBytesView), size: size, isWhole: isWhole)
    }
}
