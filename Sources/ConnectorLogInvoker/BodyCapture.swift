import ConnectorLogIngest
import NIOCore

/// The beginning of a body that passes by, and how long it is.
struct BodyCapture {
    private let limit: Int
    private var kept = ByteBuffer()
    private(set) var size = 0

    /// - Parameter limit: bytes that are kept.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func take(_ bytes: ByteBuffer) {
        let room = limit - kept.readableBytes
        if size == 0, bytes.readableBytes <= room {
            // The common case is one piece, which is shared and not copied.
            kept = bytes
        } else if room > 0 {
            kept.writeBytes(bytes.readableBytesView.prefix(room))
        }
        size += bytes.readableBytes
    }

    /// Nil when nothing came.
    func captured(isWhole: Bool = true) -> RecordedCall.Capture? {
        size == 0 ? nil : RecordedCall.Capture(bytes: Array(kept.readableBytesView), size: size, isWhole: isWhole)
    }
}
