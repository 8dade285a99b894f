package import ConnectorLogCore

extension BlockStore: LogKeeper {
    package func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        do {
            return try await maintenance.eraser.erase(target, team: team, keyID: keyID, at: at)
        } catch {
            let error = StoreError(writing: error)
            // An erasure that is written down is ended by maintenance, for which this is the room.
            if error.code == .full { reserve.release() }
            throw error
        }
    }

    package func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        do {
            return try await maintenance.eraser.erasures(query)
        } catch {
            throw StoreError(reading: error)
        }
    }

    package func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        do {
            while try await maintenance.retention.step(default: standard, at: now) { try Task.checkCancellation() }
        } catch {
            throw StoreError(writing: error)
        }
    }
}
