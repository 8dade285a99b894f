import ConnectorLogCore
import Foundation
import NIOPosix

/// A file or the standard input, read a bounded piece at a time and decompressed on the way.
final class LineSource {
    private static let readBytes = 256 << 10

    /// As the user wrote it; `-` is the standard input.
    let name: String
    /// What sets this source's idempotency keys apart from another's.
    let identity: String
    /// Bytes of the file as it lies on disk; nil when unknown.
    let size: Int?
    /// Bytes read so far, of `size`.
    private(set) var position = 0

    private let descriptor: Int32
    private var decoder: SourceDecoder?
    private var isAtEnd = false

    /// - Parameter identity: For the standard input, which has no name of its own.
    init(name: String, standardInputIdentity: String) throws(CommandFailure) {
        self.name = name
        if name == "-" {
            descriptor = STDIN_FILENO
            identity = "stdin:" + standardInputIdentity
            size = nil
            return
        }
        var isDirectory = ObjCBool(false)
        if FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory), isDirectory.boolValue {
            throw CommandFailure(.noInput, "\(name) is a directory")
        }
        descriptor = open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw CommandFailure(.noInput, "no such file: \(name)")
            case EACCES, EPERM: throw CommandFailure(.noPermission, "may not read \(name)")
            default: throw CommandFailure(.ioError, "cannot open \(name)")
            }
        }
        // A pipe has no end to seek to.
        let end = lseek(descriptor, 0, SEEK_END)
        size = end >= 0 ? Int(end) : nil
        lseek(descriptor, 0, SEEK_SET)
        // The same file by another relative path is the same source.
        identity = "file:" + URL(filePath: name).resolvingSymlinksInPath().absoluteURL.path(percentEncoded: false)
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The next piece of the lines, or nil at the end.
    func next() async throws(CommandFailure) -> [UInt8]? {
        do {
            while true {
                if let piece = try decoder?.next() { return piece }
                guard !isAtEnd else {
                    try decoder?.finish()
                    return nil
                }
                let isFirst = position == 0
                let bytes = try await read(first: isFirst)
                isAtEnd = bytes.isEmpty
                if isFirst { decoder = SourceDecoder(magic: bytes) }
                if !bytes.isEmpty { decoder?.take(bytes) }
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.dataError, "\(name): the compressed data is damaged or cut off")
        }
    }

    /// Empty at the end. The first read goes on until the compression can be told: a pipe may hand over single bytes.
    private func read(first: Bool) async throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        repeat {
            let piece = try await readOnce()
            if piece.isEmpty { break }
            bytes += piece
        } while first && bytes.count < SourceDecoder.magicLength
        position += bytes.count
        return bytes
    }

    /// On a thread of its own, because a read from a pipe may block for as long as its writer likes.
    private func readOnce() async throws(CommandFailure) -> [UInt8] {
        let descriptor = descriptor
        let bytes: [UInt8]?
        do {
            bytes = try await NIOThreadPool.singleton.runIfActive {
                var failed = false
                let bytes = [UInt8](unsafeUninitializedCapacity: Self.readBytes) { buffer, count in
                    var result = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
                    while result < 0, errno == EINTR {
                        result = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
                    }
                    failed = result < 0
                    count = max(result, 0)
                }
                return failed ? nil : bytes
            }
        } catch {
            bytes = nil
        }
        guard let bytes else { throw CommandFailure(.ioError, "cannot read \(name)") }
        return bytes
    }
}
