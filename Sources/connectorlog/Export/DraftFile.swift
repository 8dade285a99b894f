import Foundation

/// A file that only its owner may read, written piece by piece under another name; it gets its own when it is whole.
final class DraftFile {
    private let path: String
    private let draft: String
    private var descriptor: Int32

    init(path: String) throws(CommandFailure) {
        self.path = path
        draft = path + ".partial"
        guard access(path, F_OK) != 0 else { throw CommandFailure(.cannotCreate, "\(path) is there already") }
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason =
                errno == EEXIST ? "\(draft) is there already; remove it when nobody writes it" : "cannot write \(path)"
            descriptor = -1
            throw CommandFailure(.cannotCreate, reason)
        }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(draft)
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandFailure(.ioError, "cannot write \(path)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Syncs it and gives it its name, which must not have been taken meanwhile.
    func publish() throws(CommandFailure) {
        guard fsync(descriptor) == 0, link(draft, path) == 0 else {
            throw CommandFailure(.ioError, "cannot write \(path)")
        }
        try SecretFile.syncDirectory(of: path)
    }
}
