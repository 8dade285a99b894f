public import NIOCore

/// A body, or its beginning. The bytes are a copy, so that a long body is not kept alive by its beginning.
public struct ConnectorLogBody: Sendable, Hashable {
    /// What the server keeps of a body unless it is configured otherwise: 256 KiB.
    public static let defaultLimit = 256 << 10

    /// What is sent of it: as text where it is UTF-8, else in base64.
    public private(set) var bytes: ByteBuffer
    /// Bytes of the whole body, as far as is known.
    public var size: Int
    /// Whether there was, or may have been, more of it than `bytes`.
    public var isTruncated: Bool

    /// The first `limit` bytes of `bytes`.
    public init(_ bytes: ByteBuffer, limit: Int = Self.defaultLimit) {
        var prefix = BodyPrefix(limit: limit)
        prefix.append(bytes)
        self = prefix.body(isWhole: true)
    }

    /// The first `limit` bytes of `text`.
    public init(_ text: String, limit: Int = Self.defaultLimit) {
        self.init(ByteBuffer(string: text), limit: limit)
    }

    init(bytes: ByteBuffer, size: Int, isTruncated: Bool) {
        (self.bytes, self.size, self.isTruncated) = (bytes, size, isTruncated)
    }

    mutating func cut(to limit: Int) {
        guard bytes.readableBytes > limit else { return }
        let whole = (size, isTruncated)
        self = ConnectorLogBody(bytes, limit: limit)
        size = max(size, whole.0)
    }
}

/// The beginning of a body that passes by.
struct BodyPrefix: Sendable {
    private let limit: Int
    private var bytes = ByteBuffer()
    private(set) var size = 0

    init(limit: Int) {
        self.limit = max(0, limit)
    }

    mutating func append(_ piece: ByteBuffer) {
        size += piece.readableBytes
        let room = min(piece.readableBytes, limit - bytes.readableBytes)
        if room > 0 { bytes.writeBytes(piece.readableBytesView.prefix(room)) }
    }

    /// - Parameter expectedSize: as the message's head says.
    func body(isWhole: Bool, expectedSize: Int? = nil) -> ConnectorLogBody {
        ConnectorLogBody(
            bytes: bytes, size: isWhole ? size : max(size, expectedSize ?? 0),
            isTruncated: size > bytes.readableBytes || !isWhole && size != expectedSize)
    }
}
