import ConnectorLogCore
import Synchronization

/// Keys and teams, as requests ask for them, with the version of table `catalog_version` that they are of.
///
/// Changes of this server are noted one by one, what others change comes with a load of all. Neither may undo the
/// other: a load that is older than a change of one's own is not taken, and a change that a load has already is not
/// noted again.
final class CatalogMemory: Sendable {
    struct Key: Sendable {
        var key: APIKey
        var hash: [UInt8]
    }

    struct Content: Sendable {
        var teams: Set<Int64> = []
        fileprivate(set) var keysByHash: [[UInt8]: APIKey] = [:]
        /// By the bytes of ids.
        private var hashesByID: [[UInt8]: [UInt8]] = [:]

        func key(id: String) -> APIKey? { hashesByID[Array(id.utf8)].flatMap { keysByHash[$0] } }

        mutating func insert(_ key: Key) {
            keysByHash[key.hash] = key.key
            hashesByID[Array(key.key.id.utf8)] = key.hash
        }

        mutating func removeKey(id: String) {
            if let hash = hashesByID.removeValue(forKey: Array(id.utf8)) { keysByHash[hash] = nil }
        }

        mutating func removeTeam(_ id: Int64) {
            teams.remove(id)
            for key in keysByHash.values where key.teamID == id { removeKey(id: key.id) }
        }

        /// False when the use is known already, or the key is not.
        fileprivate mutating func noteUse(ofKey id: [UInt8], at time: Timestamp) -> Bool {
            guard let hash = hashesByID[id], let key = keysByHash[hash], key.lastUsedAt.map({ $0 < time }) ?? true
            else { return false }
            keysByHash[hash]?.lastUsedAt = time
            return true
        }
    }

    private struct State {
        var content = Content()
        /// All changes up to this one are known.
        var version: Int64 = 0
        /// The latest change of this server.
        var ownVersion: Int64 = 0
        /// Uses that are not written down yet, by the bytes of keys' ids.
        var uses: [[UInt8]: Timestamp] = [:]
    }

    private let state = Mutex(State())

    var version: Int64 { state.withLock { $0.version } }

    /// False when the load is older than what is known.
    @discardableResult
    func load(_ keys: [Key], teams: Set<Int64>, version: Int64) -> Bool {
        state.withLock { state in
            guard version >= max(state.version, state.ownVersion) else { return false }
            var content = Content()
            content.teams = teams
            for key in keys { content.insert(key) }
            // Nor is a use forgotten that is not written down, or was after the keys were read.
            for key in state.content.keysByHash.values {
                guard let time = key.lastUsedAt else { continue }
                _ = content.noteUse(ofKey: Array(key.id.utf8), at: time)
            }
            (state.content, state.version) = (content, version)
            return true
        }
    }

    /// Notes a change of this server.
    func note(version: Int64, _ change: (inout Content) -> Void) {
        state.withLock { state in
            guard version > state.version else { return }
            change(&state.content)
            state.ownVersion = max(state.ownVersion, version)
            if version == state.version + 1 { state.version = version }
        }
    }

    // MARK: - Questions

    func hasTeam(_ id: Int64) -> Bool { state.withLock { $0.content.teams.contains(id) } }
    func key(hash: [UInt8]) -> APIKey? { state.withLock { $0.content.keysByHash[hash] } }
    func key(id: String) -> APIKey? { state.withLock { $0.content.key(id: id) } }

    // MARK: - Uses

    func noteUse(ofKey id: String, at time: Timestamp) {
        let id = Array(id.utf8)
        state.withLock { state in
            if state.content.noteUse(ofKey: id, at: time) { state.uses[id] = time }
        }
    }

    /// Uses to be written down, which then are none of these any more.
    func takeUses() -> [[UInt8]: Timestamp] {
        state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
    }

    /// They could not be written down.
    func putBack(_ uses: [[UInt8]: Timestamp]) {
        state.withLock { $0.uses.merge(uses) { max($0, $1) } }
    }
}
