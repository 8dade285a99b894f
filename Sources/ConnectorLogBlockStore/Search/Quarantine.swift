import ConnectorLogCore
import Logging

/// Keeps a damaged block from standing in the way of all others: it is taken out of the directory and told once. Its rows
/// stay where they are, for whoever wants to save what can be saved; after a restart it is found again when it is read.
struct Quarantine: Sendable {
    let directory: BlockDirectory
    let logger: Logger

    /// Runs `body` on a block; nil when the block is damaged.
    func reading<Value>(_ block: BlockSummary, _ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as BlockError {
            if directory.quarantine(block.id) {
                logger.error("quarantined a damaged block", metadata: ["block": "\(block.id)", "cause": "\(error)"])
            }
            return nil
        }
    }

    /// Throws when the entry may lie in a block that was quarantined, so that it does not pass for absent.
    func check(team: Int64, id: EntryID) throws {
        if directory.quarantined.contains(where: { $0.mayHold(team: team) && $0.mayHold(id: id) }) {
            throw StoreError(.damaged, "the entry's block is damaged")
        }
    }
}
