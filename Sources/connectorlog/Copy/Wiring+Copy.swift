import ConnectorLogBlockStore
import ConnectorLogClickHouse
import ConnectorLogCore
import ConnectorLogPostgres
import Foundation

extension Wiring {
    /// Opens a store to be read whole.
    /// - Parameter isCopy: whether it may be a copy that has not ended.
    static func openCopySource(_ end: CopyEnd, isCopy: Bool) async throws(StoreError) -> any CopySource {
        switch end {
        case .directory(let path):
            return try await BlockCopySource.open(path, allowsUnfinished: isCopy)
        case .shared(let clickHouse, let postgres):
            let ledger = try await PostgresCopySource.open(postgres, allowsUnfinished: isCopy)
            do {
                return try await ClickHouseCopySource.open(clickHouse, ledger: ledger)
            } catch {
                await ledger.close()
                throw error
            }
        }
    }

    /// Opens a store to be filled.
    static func openCopyTarget(
        _ end: CopyEnd, now: @escaping @Sendable () -> Timestamp
    ) async throws(StoreError) -> any CopyTarget {
        switch end {
        case .directory(let path): return try BlockCopyTarget.open(directory: path)
        case .shared(let clickHouse, let postgres):
            let ledger = try await PostgresCopyTarget.open(postgres, now: now)
            do {
                return try await ClickHouseCopyTarget.open(clickHouse, ledger: ledger)
            } catch {
                await ledger.close()
                throw error
            }
        }
    }
}

/// The hold of a data directory, for as long as this lives.
final class HeldDirectory {
    private let directory: DataDirectory

    /// Of a store that is to be read: a server must not change it meanwhile. Nil where no server can have it: a database's
    /// file apart from any data directory.
    static func ofSource(_ path: String) throws(CommandFailure) -> HeldDirectory? {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        let file = isDirectory.boolValue ? path + "/" + StoreBackup.fileName : path
        guard exists, FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(.noInput, "there is no store in \(path)")
        }
        let url = URL(filePath: file)
        guard url.lastPathComponent == StoreBackup.fileName else { return nil }
        return try HeldDirectory(url.deletingLastPathComponent().path(percentEncoded: false))
    }

    /// Makes the directory when it is missing.
    init(_ path: String) throws(CommandFailure) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        directory = try DataDirectory(path: path)
    }
}
