import ConnectorLogCore
import ConnectorLogIngest
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

    /// Nil while nothing was read, and when all was.
    private var descriptor: Int32?
    private var decoder: SourceDecoder?
    private var isAtEnd = false

    /// Finds out whether it can be read, but keeps nothing open: there may be thousands.
    ///
    /// - Parameter standardInputIdentity: for the standard input, which has no name of its own.
    init(name: String, standardInputIdentity: String) throws(CommandFailure) {
        self.name = name
        if name == "-" {
            descriptor = STDIN_FILENO
            identity = "stdin:" + standardInputIdentity
            size = nil
            return
        }
        // A pipe must not be opened yet: closed again, it would be gone.
        guard access(name, R_OK) == 0 else { throw Self.openingFailure(name, errno) }
        var isDirectory = ObjCBool(false)
        if FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory), isDirectory.boolValue {
            throw CommandFailure(.noInput, "\(name) is a directory")
        }
        size = Self.sizeOfFile(name)
        // The same file by another relative path is the same source.
        identity = "file:" + URL(filePath: name).resolvingSymlinksInPath().absoluteURL.path(percentEncoded: false)
    }

    deinit { close() }

    /// Lets go of the file and of what was read. Nothing can be read behind that.
    func close() {
        if let descriptor, descriptor != STDIN_FILENO { Foundation.close(descriptor) }
        descriptor = nil
        decoder = nil
        isAtEnd = true
    }

    /// Nil for a pipe, also where it has a name.
    private static func sizeOfFile(_ name: String) -> Int? {
        let path = URL(filePath: name).resolvingSymlinksInPath().path(percentEncoded: false)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
        return (attributes?[.size] as? NSNumber)?.intValue
    }

    private static func openingFailure(_ name: String, _ error: Int32) -> CommandFailure {
        switch error {
        case ENOENT, ENOTDIR: CommandFailure(.noInput, "no such file: \(name)")
        case EACCES, EPERM: CommandFailure(.noPermission, "may not read \(name)")
        default: CommandFailure(.ioError, "cannot open \(name)")
        }
    }

    /// The next piece of the lines, or nil at the end.
    func next() async throws(CommandFailure) -> [UInt8]? {
        while true {
            if let piece = try attempt({ try decoder?.next() }) { return piece }
            guard !isAtEnd else {
                try attempt { try decoder?.finish() }
                return nil
            }
            let isFirst = position == 0
            let bytes = try await read(first: isFirst)
            isAtEnd = bytes.isEmpty
            if isFirst { decoder = SourceDecoder(magic: bytes) }
            if !bytes.isEmpty { decoder?.take(bytes) }
        }
    }

    /// Runs what reads the source's contents; what is wrong with them is told with its name.
    func attempt<Result>(_ body: () throws -> Result) throws(CommandFailure) -> Result {
        do {
            return try body()
        } catch let failure as CommandFailure {
            throw failure
        } catch let error as IngestError {
            // Without memory the data is not to blame.
            let isTemporary = if case .overloaded = error.code { true } else { false }
            throw CommandFailure(isTemporary ? .temporaryFailure : .dataError, "\(name): \(error.message)")
        } catch {
            throw CommandFailure(.internalError, "\(name) cannot be read")
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

    /// On a thread of its own, because opening a pipe waits for its writer.
    private func openedDescriptor() async throws(CommandFailure) -> Int32 {
        if let descriptor { return descriptor }
        let name = name
        let opened: (descriptor: Int32, error: Int32)?
        do {
            opened = try await NIOThreadPool.singleton.runIfActive {
                let descriptor = open(name, O_RDONLY | O_CLOEXEC)
                return (descriptor, errno)
            }
        } catch {
            opened = nil
        }
        guard let opened, opened.descriptor >= 0 else { throw Self.openingFailure(name, opened?.error ?? EIO) }
        descriptor = opened.descriptor
        return opened.descriptor
    }

    /// On a thread of its own, because a read from a pipe may block for as long as its writer likes.
    private func readOnce() async throws(CommandFailure) -> [UInt8] {
        let descriptor = try await openedDescriptor()
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
