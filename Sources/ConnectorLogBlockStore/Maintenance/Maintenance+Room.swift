import ConnectorLogCore
import GRDB
import Logging

extension Maintenance {
    /// What can be done on a full disk: to move the write-ahead log into the database and cut it, to delete what was
    /// replaced, and to give free pages back. Blocks are not merged: the new ones would have to be written before the old
    /// ones can go.
    func makeRoom() async throws {
        try await checkpoint()
        try await compactor.deleteReplacedInTurn()
        try await checkpoint()
        do {
            // A step's pages are moved into the database before the next: they have the room of the reserve alone.
            while try await compactor.shrink(step: Self.pagesOfStepOnFullDisk) { try await checkpoint() }
        } catch {
            try Task.checkCancellation()
            // Retention may make the room that is wanted here.
            logger.warning("the file was not shrunk", metadata: ["cause": "\(StoreError(writing: error))"])
        }
        try await checkpoint()
    }

    private static let pagesOfStepOnFullDisk = 256

    private func checkpoint() async throws {
        try await pool.writeWithoutTransaction { db in
            try db.forgetInterruption()
            // Moves what it can, waits for nobody, and is no failure when the database cannot grow.
            guard let moved = try? db.checkpoint(.passive), moved.walFrameCount > 0,
                moved.walFrameCount == moved.checkpointedFrameCount
            else { return }
            _ = try? db.checkpoint(.truncate)
        }
    }
}
