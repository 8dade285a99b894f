import ConnectorLogCore
import Crypto
import Foundation

/// What earlier runs sent of one source to one server with one key: where they ended, since a batch is recognised only
/// when it is cut again as it was, and which batches were answered so long ago that the server recognises them no more.
///
/// A small text file that is only appended to, one fact a line: `cut OFFSET`, or `sent KEY SECONDS`. A line that was not
/// written whole is passed over. Without it batches are still right, and are recognised for a day unless the file grows.
final class UploadJournal {
    /// Servers recognise a batch for 24 hours; the hour is for clocks, and for runs that take long.
    static let recognition: Int64 = 23 * 3600

    private(set) var cuts: [UInt64] = []
    private var answered: [String: Int64] = [:]
    /// Nil when nothing is kept.
    private let file: FileHandle?

    /// - Parameters:
    ///   - directory: made when it is not there; nil, or one that cannot be written, keeps nothing.
    ///   - scope: the server and the key, as a text that gives neither away.
    ///   - source: the identity of the source.
    init(directory: String?, scope: String, source: String) {
        guard let directory else {
            file = nil
            return
        }
        let manager = FileManager.default
        let path = directory + "/" + SHA256.hash(data: Array("\(scope) \(source)".utf8)).hexadecimal
        try? manager.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if !manager.fileExists(atPath: path) {
            _ = manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        file = FileHandle(forUpdatingAtPath: path)
        guard let text = try? file?.readToEnd().map({ String(decoding: $0, as: UTF8.self) }) else { return }
        for line in text.split(separator: "\n") { read(line) }
        if !text.hasSuffix("\n") { append("\n") }
    }

    /// In the user's state directory (XDG Base Directory Specification); nil when the environment names none.
    static func directory(in environment: [String: String]) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/connectorlog/ingest" }
        if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.local/state/connectorlog/ingest" }
        return nil
    }

    /// Whether the batch was answered, but the server would store it again.
    func isForgotten(_ key: String, at now: Timestamp) -> Bool {
        answered[key].map { now.microseconds / 1_000_000 - $0 >= Self.recognition } ?? false
    }

    /// Before the batches that end there are sent: the answer may never come.
    func noteCuts(_ offsets: [UInt64]) {
        let new = offsets.filter { !cuts.contains($0) }
        cuts += new
        append(new.map { "cut \($0)\n" }.joined())
    }

    func noteAnswered(_ key: String, at now: Timestamp) {
        // The first time counts: a repeated request does not make the server remember for longer.
        guard answered[key] == nil else { return }
        answered[key] = now.microseconds / 1_000_000
        append("sent \(key) \(now.microseconds / 1_000_000)\n")
    }

    private func read(_ line: Substring) {
        let words = line.split(separator: " ")
        if words.count == 2, words[0] == "cut", let offset = UInt64(words[1]) {
            cuts.append(offset)
        } else if words.count == 3, words[0] == "sent", let seconds = Int64(words[2]) {
            answered[String(words[1])] = min(seconds, answered[String(words[1])] ?? .max)
        }
    }

    private func append(_ text: String) {
        guard !text.isEmpty else { return }
        // What cannot be noted is no reason not to send.
        try? file?.write(contentsOf: Data(text.utf8))
    }
}
