import GRDB

extension Maintenance {
    /// What can be done on a full disk: to move the write-ahead log into the database and cut it, to delete what was
    /// replaced, and to give free pages back. Blocks are not merged: the new ones would have to be written before the old
    /// ones can go.
    func makeRoom() async throws {
        try await checkpoint()
        try await compactor.deleteReplaced()
        while try await compactor.shrink() {}
        try await checkpoint()
    }

    private func checkpoint() async throws {
        try await pool.writeWithoutTransaction { db in
            // Moves what it can, waits for nobody, and is no failure when the database cannot grow.
            guard let moved = try? db.checkpoint(.passive), moved.walFrameCount > 0,
                moved.walFrameCount == moved.checkpointedFrameCount
            else { return }
            _ = try? db.checkpoint(.truncate)
        }
    }
}
