import ConnectorLogCore
import Synchronization

/// A block of one commit, and its columns for whoever reads or merges it soon.
struct CommitBlock: Sendable {
    var encoded: EncodedBlock
    var columns: EntryColumns

    init(_ columns: EntryColumns, encoder: CommitEncoder) {
        (encoded, self.columns) = (encoder.encode(columns), columns)
    }
}

/// The columns of level-0 blocks, in memory as they were committed: most are read and merged within seconds, and then
/// cost no decoding. What is not here is read from the disk.
final class RecentBlocks: Sendable {
    /// Bytes that columns hold, with the room that their growth left. What comes when it is full is left out: compaction wants the oldest first.
    static let maximumBytes = 64 << 20

    private struct State {
        var columns: [Int64: EntryColumns] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())

    func insert(_ columns: EntryColumns, block: Int64) {
        let bytes = columns.capacity
        state.withLock { state in
            guard state.bytes + bytes <= Self.maximumBytes else { return }
            state.bytes += bytes
            state.columns[block] = columns
        }
    }

    func remove(_ blocks: some Sequence<Int64>) {
        state.withLock { state in
            for block in blocks { state.bytes -= state.columns.removeValue(forKey: block)?.capacity ?? 0 }
        }
    }

    subscript(block: Int64) -> EntryColumns? {
        state.withLock { $0.columns[block] }
    }
}
