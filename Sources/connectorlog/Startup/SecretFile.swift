import Foundation

/// A small file that only its owner may read.
enum SecretFile {
    private static let maximumBytes = 4096

    /// Nil when there is no such file.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return nil
            case EACCES: throw CommandFailure(.noPermission, "may not read \(path)")
            default: throw CommandFailure(.ioError, "cannot read \(path)")
            }
        }
        defer { close(descriptor) }
        var length = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: maximumBytes) { buffer, count in
            length = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            count = max(length, 0)
        }
        guard length >= 0 else { throw CommandFailure(.ioError, "cannot read \(path)") }
        return bytes
    }

    /// Makes the file with all of its bytes, synced, or not at all; never replaces one. From its first moment on the file
    /// has mode 0600: it is made under another name with `O_EXCL`, written, synced, and only then linked to its own.
    static func create(_ path: String, bytes: [UInt8]) throws(CommandFailure) {
        let draft = path + ".new"
        // Left behind by a process that died here; the data directory's lock says that no other is at it now.
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure(.ioError, "cannot write \(path)") }
        defer { unlink(draft) }
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isWhole = written == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWhole, link(draft, path) == 0 else {
            throw CommandFailure(.ioError, "cannot write \(path)")
        }
        try syncDirectory(of: path)
    }

    /// The file's name is durable only when its directory is synced (fsync(2)).
    static func syncDirectory(of path: String) throws(CommandFailure) {
        let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(.ioError, "cannot open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw CommandFailure(.ioError, "cannot sync \(directory)") }
    }
}
