import Foundation

/// The one directory that a server keeps everything in, held by one process at a time.
///
/// The hold is an advisory lock (`flock(2)`) on the file `lock`: the kernel lets go of it when the process ends, however it
/// ends, so that no stale lock ever has to be removed by hand.
struct DataDirectory: ~Copyable {
    let path: String
    private let lock: Int32

    /// Makes the directory (mode 0700) when it is missing, and takes hold of it.
    init(path: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.ioError, "cannot make the data directory \(path)")
        }
        let file = path + "/lock"
        let lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw errno == EACCES || errno == EROFS
                ? CommandFailure(.noPermission, "may not write to the data directory \(path)")
                : CommandFailure(.ioError, "cannot open \(file)")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw CommandFailure(
                .temporaryFailure,
                "the data directory \(path) is in use by another connectorlog: stop that one, or give another --data")
        }
        self.path = path
        self.lock = lock
    }

    deinit { close(lock) }

    /// Lets go. Called last, so that the hold outlives the store.
    consuming func release() {}

    var signingKeyFile: String { path + "/signing-key" }
    var masterKeyFile: String { path + "/master-key" }
    var adminKeyFile: String { path + "/admin-key" }
}
