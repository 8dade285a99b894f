package import ConnectorLogCore

/// Why a secret or a team's rules were not changed. Names no value.
package enum SecretVaultError: Error, Sendable {
    /// The connector, or the team, has a secret of this name.
    case nameTaken
    /// The connector, or the team, has as many secrets as it may have.
    case limitReached
    /// There is no such connector or team.
    case ownerMissing
    /// The value is shorter or longer than a secret may be.
    case valueLength
    case rules(RedactionRulesError)
    /// The team has other rules by now than those that were to be replaced.
    case rulesChanged
    case store(StoreError)
}

/// Why a vault cannot be opened: without all of it, secrets would be stored.
package enum VaultOpeningError: Error, Sendable {
    case store(StoreError)
    /// Sealed with another master key than the one that was given.
    case wrongKey(sealedWith: MasterKeyID, given: MasterKeyID)
    /// `what` names a secret by its placeholder, or a key.
    case damaged(what: String)
    case newer(what: String)
    /// Stored rules that this program does not take.
    case rules(team: Int64, RedactionRulesError)

    init(_ error: SealError, what: String, given: MasterKeyID) {
        switch error {
        case .wrongKey(let sealedWith): self = .wrongKey(sealedWith: sealedWith, given: given)
        case .damaged: self = .damaged(what: what)
        case .newer: self = .newer(what: what)
        }
    }
}
