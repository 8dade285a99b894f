/// Keeps in the log no more than may be kept: removes what is over age, and what has to be erased.
///
/// Erasure:
/// - Durability: when `erase` returns, the rows are gone from every answer and from the store's files. After a crash the
///   rows of one entry are there whole or gone; of a state or a connector some may be gone already. The store then ends
///   the erasure by itself.
/// - Extent: every row that was stored when `erase` was called; of a state also those that are stored until it is
///   removed. None that is stored after `erase` returned.
/// - Idempotency: tokens stay used, so that a batch that is sent again stores nothing. Erasing again erases nothing.
/// - Flow states: `calls`, `failedCalls`, `faults`, `firstCallAt` and `lastCallAt` of states that lose rows are those of
///   the rows that are left; all else of them stays. Only the erasure of a state removes it; what comes later under its id
///   begins anew. `log_time` values of erased entries may be given again.
/// - Connectors stay in the catalog.
///
/// Retention, by what a team says (`Catalog.retention`), else by a default:
/// - Entries, faults and flow states that are over age for more than a day and an hour are gone, but for entries in damaged
///   blocks of several teams or of none that is known. Those that are not over age stay; what is over age for less may be
///   there or not.
/// - Details likewise: without them an entry or fault says when they were removed, its header lists and receipt are empty,
///   its bodies and attributes nil. All queries take it as before, but that `text` and `word` no longer look into its
///   bodies, and `requestID` not into its headers.
/// - Flow states still count calls and faults that are over age.
package protocol LogKeeper: Sendable {
    /// - Parameters:
    ///   - keyID: who asks for it.
    ///   - at: what the erasure says of when it was asked for.
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure
    /// By number, the greatest first; at most `limit`.
    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure]
    /// Removes all that is over age at `now`. Stores do so now and then by themselves.
    func enforceRetention(default: Retention, at now: Timestamp) async throws(StoreError)
}
