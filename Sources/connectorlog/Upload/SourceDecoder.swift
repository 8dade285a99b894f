/// Turns the bytes of a file into the bytes of its lines, a bounded piece at a time: a small file may hold gigabytes.
protocol SourceDecoder: AnyObject {
    /// Hands over the next bytes of the file. Only when `next` has nothing left.
    func take(_ input: [UInt8])
    /// The next piece, or nil when more input is needed.
    func next() throws(SourceDamage) -> [UInt8]?
    /// Whether the input may end here.
    var isComplete: Bool { get }
}

/// Compressed data that does not decompress.
struct SourceDamage: Error {}

/// How a file is compressed, by its first bytes.
enum SourceCompression: Equatable, Sendable {
    case none
    /// RFC 1952, section 2.3.1.
    case gzip
    /// RFC 8878, section 3.1.1.
    case zstd

    /// Bytes that suffice to tell.
    static let magicLength = 4

    init(magic: some Collection<UInt8>) {
        if magic.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else {
            self = .none
        }
    }

    func makeDecoder() throws(SourceDamage) -> any SourceDecoder {
        switch self {
        case .none: PlainDecoder()
        case .gzip: try GzipDecoder()
        case .zstd: try ZstdDecoder()
        }
    }
}

final class PlainDecoder: SourceDecoder {
    private var input: [UInt8]?

    func take(_ input: [UInt8]) { self.input = input }

    func next() -> [UInt8]? {
        defer { input = nil }
        return input
    }

    var isComplete: Bool { true }
}
