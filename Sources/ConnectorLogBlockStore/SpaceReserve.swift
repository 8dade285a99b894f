import Foundation
import Synchronization

/// Room on the disk that is set aside for what makes room.
///
/// SQLite needs room to free room: a deletion goes through the write-ahead log first. So a file of some megabytes lies in
/// the data directory, and is removed when a write finds the disk full. From then on no entries are taken, so that they do
/// not eat up what was set free: it is left to checkpoints, to deletions and to the catalog. When the volume has room for
/// the reserve once more and as much again, the file is made anew, and entries are taken.
final class SpaceReserve: Sendable {
    static let fileName = "reserve"
    /// Enough for the index of a long write-ahead log and for the deletion of some thousand blocks.
    static let defaultBytes = 8 << 20

    private let path: String
    private let bytes: Int
    /// Free bytes of the volume; nil when it cannot be told, which stands in nobody's way.
    private let available: @Sendable () -> Int?
    private let full = Atomic<Bool>(false)
    private let making = Mutex<Void>(())

    /// - Parameter bytes: 0 for no reserve: then a full disk is noticed by each write anew.
    init(directory: String, bytes: Int, available: (@Sendable () -> Int?)? = nil) {
        path = directory + "/" + Self.fileName
        self.bytes = bytes
        self.available = available ?? { Self.availableBytes(of: directory) }
    }

    /// Whether the disk is full: entries are refused, and nothing is merged.
    var isFull: Bool { full.load(ordering: .acquiring) }

    /// Whether entries may be stored. While the disk is full, each call looks whether there is room again.
    func mayStore() -> Bool {
        if !isFull { return true }
        return making.withLock { _ in
            if make() { full.store(false, ordering: .releasing) }
            return !isFull
        }
    }

    /// Sets the room aside when the store opens; false when there is too little, and so no entries are taken.
    func prepare() -> Bool {
        full.store(true, ordering: .releasing)
        return mayStore()
    }

    /// The disk is full: gives the reserve free. True when that made room.
    @discardableResult
    func release() -> Bool {
        making.withLock { _ in
            full.store(true, ordering: .releasing)
            return unsafe bytes > 0 && unlink(path) == 0
        }
    }

    private func make() -> Bool {
        if bytes == 0 || size() == bytes { return true }
        if let free = available(), free < 2 * bytes { return false }
        _ = unsafe unlink(path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return !Self.isWantOfRoom(errno) }
        let failure = posix_fallocate(descriptor, 0, off_t(bytes))
        close(descriptor)
        if failure == 0 { return true }
        _ = unsafe unlink(path)
        // A file system that cannot set room aside is used without.
        return !Self.isWantOfRoom(failure)
    }

    private func size() -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    }

    private static func isWantOfRoom(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }

    private static func availableBytes(of directory: String) -> Int? {
        var volume = statvfs()
        guard unsafe statvfs(directory, &volume) == 0 else { return nil }
        return Int(
            clamping: UInt64(volume.f_bavail).multipliedReportingOverflow(by: UInt64(volume.f_frsize)).partialValue)
    }
}
