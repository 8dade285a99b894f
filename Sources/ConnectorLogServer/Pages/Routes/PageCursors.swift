import ConnectorLogAPI
import ConnectorLogCore
import Crypto

/// The cursors of one list of a page: good for that list with these filters alone.
struct PageCursors: Sendable {
    let codec: CursorCodec
    private let fingerprint: [UInt8]

    /// - Parameters:
    ///   - path: the list's address without its query.
    ///   - filters: what chooses and orders the rows.
    init(codec: CursorCodec, path: String, filters: [String?]) {
        self.codec = codec
        var hash = SHA256()
        for part in ["page", path] + filters.map({ $0.map { "=\($0)" } ?? "" }) {
            hash.update(data: Array("\(part.utf8.count) \(part)".utf8))
        }
        fingerprint = Array(hash.finalize())
    }

    func text(_ position: NamedPosition?) -> String? {
        position.map { codec.encode(.named($0), fingerprint: fingerprint) }
    }

    func text(_ position: PagePosition?) -> String? {
        position.map { codec.encode(.entry($0), fingerprint: fingerprint) }
    }

    /// Nil without a cursor; throws 400 for one that this list did not give.
    func named(_ text: String?) throws -> NamedPosition? {
        guard let text else { return nil }
        guard case .named(let position) = try codec.decode(text, fingerprint: fingerprint) else {
            throw APIError(.invalidCursor, "the cursor is of another list")
        }
        return position
    }

    /// Nil without a cursor; throws 400 for one that this list did not give.
    func position(_ text: String?) throws -> PagePosition? {
        guard let text else { return nil }
        guard case .entry(let position) = try codec.decode(text, fingerprint: fingerprint) else {
            throw APIError(.invalidCursor, "the cursor is of another list")
        }
        return position
    }
}
