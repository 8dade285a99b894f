import ConnectorLogCore
import Crypto
import Foundation
import Synchronization

/// What earlier runs sent of one source to one server with one key, in one format and with the same defaults: where they
/// ended, since a batch is recognised only when it is cut again as it was; which batches were answered, and how; and which
/// were sent and never answered.
///
/// A small text file that is appended to, one fact a line: `cut OFFSET`; `try KEY SECONDS` before a batch is sent,
/// `untried KEY` when it surely did not arrive; `done KEY ACCEPTED [LINE:CODE ...]` with the batch's lines that were
/// rejected, from 1. A line that was not written whole is dropped. What is noted last counts.
///
/// While it lives it holds all that with `flock(2)` on a file beside it: two runs over one source would cut it
/// differently. That file is never replaced, so that all look at the same one.
final class UploadJournal: Sendable {
    /// Servers recognise a batch for 24 hours; the hour is for clocks, and for runs that take long.
    static let recognition: Int64 = 23 * 3600
    /// Up to here a file is left as it is, whatever of it is of no use any more.
    static let looseBytes = 256 << 10

    /// What the server said of a batch.
    struct Answer: Equatable, Sendable {
        struct Rejection: Equatable, Sendable {
            /// From 1, in the batch.
            var line: Int
            var code: String
        }

        var accepted: Int
        var rejected: [Rejection] = []
    }

    enum Knowledge: Equatable, Sendable {
        /// Never sent, or so short a time ago that the server recognises it.
        case sendable
        case answered(Answer)
        /// Sent then, in seconds since 1970, and never answered: the server may have stored it, and would store it again.
        case unanswered(since: Int64)
    }

    private struct State {
        var cuts: Set<UInt64> = []
        var tried: [String: Int64] = [:]
        var answers: [String: Answer] = [:]
        /// The batches that this run asked about.
        var met: Set<String> = []
        /// -1 when nothing is kept.
        var descriptor: Int32 = -1
        var lock: Int32 = -1
        var fileBytes = 0
        var isSynced = true
    }

    private let path: String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - directory: made when it is not there; nil, or one that cannot be written, keeps nothing.
    ///   - scope: the server and the key, as a text that gives neither away.
    ///   - source: the identity of the source.
    ///   - format: what the source is sent as.
    /// - Throws: when another run has it (exit code 75).
    init(directory: String?, scope: String, source: String, format: UploadFormat) throws(CommandFailure) {
        guard let directory else {
            path = ""
            return
        }
        // No path has U+0000 in it. Journals of plain lines keep the name that they had before formats had theirs.
        let suffix = format.identity.isEmpty ? "" : "\u{0}" + format.identity
        path = directory + "/" + SHA256.hash(data: Array("\(scope) \(source)\(suffix)".utf8)).hexadecimal
        try? FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lock = try Self.hold(path + ".lock")
        state.withLock { state in
            state.lock = lock
            state.descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            load(&state)
            compact(&state)
        }
    }

    deinit {
        state.withLock { state in
            for descriptor in [state.descriptor, state.lock] where descriptor >= 0 { close(descriptor) }
        }
    }

    /// In the user's state directory (XDG Base Directory Specification); nil when the environment names none.
    static func directory(in environment: [String: String]) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/connectorlog/ingest" }
        if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.local/state/connectorlog/ingest" }
        return nil
    }

    var cuts: [UInt64] { state.withLock { $0.cuts.sorted() } }

    func knowledge(of key: String, at now: Timestamp) -> Knowledge {
        state.withLock { state in
            state.met.insert(key)
            if let answer = state.answers[key] { return .answered(answer) }
            guard let since = state.tried[key], now.seconds - since >= Self.recognition else { return .sendable }
            return .unanswered(since: since)
        }
    }

    /// Before the batches that end there are sent: the answer may never come. Synced, like the note of a try: without them
    /// a file that grew is cut elsewhere. What a loss of power takes of the answers is asked for again.
    func noteCuts(_ offsets: [UInt64]) {
        state.withLock { state in
            let new = Set(offsets).subtracting(state.cuts).sorted()
            guard !new.isEmpty else { return }
            state.cuts.formUnion(new)
            append(new.map { "cut \($0)\n" }.joined(), to: &state)
            sync(&state)
        }
    }

    /// Before a batch is sent. Returns whether it surely was not sent before; the first time counts, since a repeated
    /// request does not make the server remember for longer.
    func noteTry(_ key: String, at now: Timestamp) -> Bool {
        state.withLock { state in
            guard state.tried[key] == nil else { return false }
            state.tried[key] = now.seconds
            append("try \(key) \(now.seconds)\n", to: &state)
            sync(&state)
            return true
        }
    }

    /// The server did not get it, or did nothing with it.
    func withdrawTry(_ key: String) {
        state.withLock { state in
            guard state.tried.removeValue(forKey: key) != nil else { return }
            append("untried \(key)\n", to: &state)
        }
    }

    func noteAnswered(_ key: String, _ answer: Answer) {
        state.withLock { state in
            state.answers[key] = answer
            state.tried[key] = nil
            append(Self.line(key, answer), to: &state)
        }
    }

    /// Keeps the cuts alone, so that every batch is sent again.
    func forgetBatches() {
        state.withLock { state in
            guard !state.answers.isEmpty || !state.tried.isEmpty else { return }
            (state.answers, state.tried) = ([:], [:])
            replaceFile(with: Self.text(of: state), of: &state)
        }
    }

    /// After the whole source was read, up to `end`, and its batches were answered. A file that has grown large is freed
    /// of what is in the source no more.
    func finish(end: UInt64) {
        state.withLock { state in
            state.cuts = state.cuts.filter { $0 <= end }
            let met = state.met
            state.answers = state.answers.filter { met.contains($0.key) }
            state.tried = state.tried.filter { met.contains($0.key) }
            compact(&state)
            sync(&state)
        }
    }

    // MARK: - The file

    /// -1 when it cannot be written.
    private static func hold(_ path: String) throws(CommandFailure) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return -1 }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(descriptor)
            throw CommandFailure(.temporaryFailure, "it is being sent by another connectorlog at this moment")
        }
        return descriptor
    }

    private func load(_ state: inout State) {
        guard state.descriptor >= 0 else { return }
        let file = FileHandle(fileDescriptor: state.descriptor, closeOnDealloc: false)
        guard let bytes = try? file.readToEnd() else { return }
        let whole = bytes[..<(bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex)]
        for line in String(decoding: whole, as: UTF8.self).split(separator: "\n") { Self.read(line, into: &state) }
        if whole.count < bytes.count { ftruncate(state.descriptor, off_t(whole.count)) }
        state.fileBytes = whole.count
    }

    private static func read(_ line: Substring, into state: inout State) {
        let words = line.split(separator: " ")
        guard words.count >= 2 else { return }
        let key = String(words[1])
        switch words[0] {
        case "cut": if let offset = UInt64(words[1]) { state.cuts.insert(offset) }
        case "try": if words.count == 3, let seconds = Int64(words[2]) { state.tried[key] = seconds }
        case "untried": state.tried[key] = nil
        case "done":
            guard words.count >= 3, let accepted = Int(words[2]) else { return }
            let rejected = words[3...].compactMap { word -> Answer.Rejection? in
                let parts = word.split(separator: ":")
                guard parts.count == 2, let line = Int(parts[0]) else { return nil }
                return Answer.Rejection(line: line, code: String(parts[1]))
            }
            state.answers[key] = Answer(accepted: accepted, rejected: rejected)
            state.tried[key] = nil
        default: break
        }
    }

    private static func line(_ key: String, _ answer: Answer) -> String {
        let rejected = answer.rejected.map { rejection in
            // The server's text: nothing in it may end the line.
            " \(rejection.line):" + rejection.code.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        }
        return "done \(key) \(answer.accepted)\(rejected.joined())\n"
    }

    private static func text(of state: State) -> String {
        var text = state.cuts.sorted().map { "cut \($0)\n" }.joined()
        for (key, seconds) in state.tried.sorted(by: { $0.key < $1.key }) { text += "try \(key) \(seconds)\n" }
        for (key, answer) in state.answers.sorted(by: { $0.key < $1.key }) { text += line(key, answer) }
        return text
    }

    private func compact(_ state: inout State) {
        guard state.fileBytes > Self.looseBytes else { return }
        let text = Self.text(of: state)
        if state.fileBytes > 2 * text.utf8.count { replaceFile(with: text, of: &state) }
    }

    /// At once, so that a run that is killed here leaves the old file or the new one. What cannot be replaced stays.
    private func replaceFile(with text: String, of state: inout State) {
        guard state.descriptor >= 0 else { return }
        let draft = path + ".new"
        let new = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard new >= 0 else { return }
        guard Self.write(text, to: new), fsync(new) == 0, rename(draft, path) == 0 else {
            close(new)
            unlink(draft)
            return
        }
        close(state.descriptor)
        (state.descriptor, state.fileBytes, state.isSynced) = (new, text.utf8.count, true)
    }

    /// What cannot be noted is no reason not to send.
    private func append(_ text: String, to state: inout State) {
        guard state.descriptor >= 0 else { return }
        if Self.write(text, to: state.descriptor) {
            state.fileBytes += text.utf8.count
        } else {
            // Half a line would spoil the next one.
            ftruncate(state.descriptor, off_t(state.fileBytes))
        }
        state.isSynced = false
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func sync(_ state: inout State) {
        guard state.descriptor >= 0, !state.isSynced else { return }
        fsync(state.descriptor)
        state.isSynced = true
    }
}

extension Timestamp {
    /// Since 1970.
    fileprivate var seconds: Int64 { microseconds / 1_000_000 }
}
