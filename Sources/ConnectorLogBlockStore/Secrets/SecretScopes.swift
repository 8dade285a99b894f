package import ConnectorLogCore
import Synchronization

/// A registered secret, unsealed, and whose it is.
package struct OwnedSecret: Sendable {
    package var team: Int64
    /// Nil for a secret of the whole team.
    package var connector: String?
    package var secret: KnownSecretSearch.Secret

    package init(team: Int64, connector: String?, secret: KnownSecretSearch.Secret) {
        (self.team, self.connector, self.secret) = (team, connector, secret)
    }
}

/// Which secrets are looked for where: those that would have been taken out had they been registered in time.
///
/// In an entry these are the team's own and those of its connector; in what connectors of a team share, all of the team's; in
/// bytes of which it is not known whose they are, all.
package final class SecretScopes: Sendable {
    private struct Key: Hashable {
        var team: Int64
        /// Nil: all connectors.
        var connector: [UInt8]?
    }

    package let secrets: [OwnedSecret]
    package let all: KnownSecretSearch?
    /// Nil within: nothing is to be looked for.
    private let searches = Mutex<[Key: KnownSecretSearch?]>([:])

    package init(_ secrets: [OwnedSecret]) {
        self.secrets = secrets
        all = KnownSecretSearch(secrets.map(\.secret))
    }

    package var isEmpty: Bool { secrets.isEmpty }

    /// Of a team's connector; of all its connectors for nil.
    func search(team: Int64, connector: [UInt8]?) -> KnownSecretSearch? {
        let key = Key(team: team, connector: connector)
        return searches.withLock { searches in
            if let known = searches[key] { return known }
            let its = secrets.filter { secret in
                guard secret.team == team else { return false }
                guard let connector, let owner = secret.connector else { return true }
                return owner.utf8.elementsEqual(connector)
            }
            let search = KnownSecretSearch(its.map(\.secret))
            searches[key] = .some(search)
            return search
        }
    }

    /// Values that are long enough to mean something where bytes are compressed: shorter ones come about by chance.
    package var inRawBytes: (search: KnownSecretSearch?, leftOut: [String]) {
        let (short, long) = (
            secrets.filter { $0.secret.known.value.count < Self.minimumRawBytes },
            secrets.filter { $0.secret.known.value.count >= Self.minimumRawBytes }
        )
        return (KnownSecretSearch(long.map(\.secret)), short.map(\.secret.name))
    }

    /// Six random bytes are those of a value once in 280 TB.
    package static let minimumRawBytes = 6
}
