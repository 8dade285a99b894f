import ConnectorLogCore
import Foundation

/// The files of a data directory, searched byte by byte: what is not compressed shows itself, whatever it belongs to,
/// be it a page's remnant or the write-ahead log.
///
/// Nothing of this process may have the database open meanwhile.
struct RawFiles {
    private static let chunk = 1 << 20
    /// In bytes before a chunk, so that a word's beginning is seen.
    private static let lead = 64

    private struct File {
        var path: String
        var name: String
        var size: Int
    }

    private let files: [File]

    /// - Parameter path: a data directory, of which all files are searched, or a database's file, with what lies beside it.
    init(of path: String) throws {
        let manager = FileManager.default
        var isDirectory: ObjCBool = false
        let exists = unsafe manager.fileExists(atPath: path, isDirectory: &isDirectory)
        guard exists else { throw StoreError(.missing, "there is no \(path)") }
        var names: [(path: String, name: String)] = []
        if isDirectory.boolValue {
            for name in (manager.enumerator(atPath: path)?.allObjects as? [String] ?? []).sorted() {
                names.append((path + "/" + name, name))
            }
        } else {
            let name = URL(filePath: path).lastPathComponent
            names = ["", "-wal", "-journal"].map { (path + $0, name + $0) }
        }
        files = names.compactMap { file in
            guard let attributes = try? manager.attributesOfItem(atPath: file.path),
                attributes[.type] as? FileAttributeType == .typeRegular
            else { return nil }
            return File(path: file.path, name: file.name, size: attributes[.size] as? Int ?? 0)
        }
    }

    var megabytes: Int { files.reduce(0) { $0 + $1.size >> 20 } }

    /// - Parameter progress: told the megabytes that are done.
    func run(_ scopes: SecretScopes, into report: inout SecretReport, _ progress: (Int) throws -> Void) throws {
        let (search, leftOut) = scopes.inRawBytes
        if !leftOut.isEmpty {
            report.unsearched.append(
                "bytes of files for \(leftOut.sorted().joined(separator: ", ")): values of fewer than "
                    + "\(SecretScopes.minimumRawBytes) bytes come about by chance where bytes are compressed")
        }
        guard let search else { return }
        var scratch = KnownSecretSearch.Scratch()
        var done = 0
        for file in files {
            // The server may have removed it since.
            guard let handle = FileHandle(forReadingAtPath: file.path) else { continue }
            defer { try? handle.close() }
            report.files += 1
            try Self.run(handle, file.name, search, &scratch, &report) { bytes in try progress((done + bytes) >> 20) }
            done += file.size
        }
    }

    /// Chunks overlap, so that a find lies in one of them as a whole; each counts what begins in its own part.
    private static func run(
        _ handle: FileHandle, _ name: String, _ search: KnownSecretSearch, _ scratch: inout KnownSecretSearch.Scratch,
        _ report: inout SecretReport, _ progress: (Int) throws -> Void
    ) throws {
        var window: [UInt8] = []
        // Where the window begins, and where its own part does.
        var (start, own) = (0, 0)
        while true {
            let wanted = own - start + chunk + KnownSecretSearch.reach
            while window.count < wanted, let more = try handle.read(upToCount: wanted - window.count), !more.isEmpty {
                window += more
            }
            let isLast = window.count < wanted
            let end = isLast ? start + window.count : own + chunk
            let found = unsafe window.withUnsafeBytes { unsafe search.find(in: $0, using: &scratch) }
            for found in found.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
                let offset = start + found.range.lowerBound
                guard offset >= own, offset < end else { continue }
                report.add([found], of: search, at: .file(name: name, offset: offset), team: nil, field: "")
            }
            report.bytes += end - own
            try progress(end)
            if isLast { return }
            let kept = max(0, end - lead)
            window.removeFirst(kept - start)
            (start, own) = (kept, end)
        }
    }
}
