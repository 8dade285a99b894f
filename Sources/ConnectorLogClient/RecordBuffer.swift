/// What waits to be sent, and the count of all that ever did. Pure: whoever owns it locks it.
struct RecordBuffer: Sendable {
    /// What its owner takes out to send it. It counts as waiting until it is settled.
    struct Held: Sendable {
        var record: Record
        var byteCount: Int
    }

    /// What is to be done about a record that was put in.
    enum Admission: Equatable {
        case admitted
        /// As `admitted`, and a batch is full.
        case full
        case dropped(ConnectorLogRecorder.DropReason)
    }

    private(set) var statistics = ConnectorLogRecorder.Statistics()
    private var isClosed = false
    private var held: [Held] = []
    private var heldBytes = 0
    /// Of those that wait and those that are under way.
    private var byteCount = 0
    private let recordLimit: Int
    private let byteLimit: Int
    private let batchRecords: Int
    private let batchBytes: Int

    init(_ configuration: ConnectorLogRecorder.Configuration) {
        recordLimit = max(1, configuration.bufferedRecords)
        byteLimit = max(1, configuration.bufferedBytes)
        // A buffer smaller than a batch is sent when it is half full.
        batchRecords = max(1, min(configuration.batchRecords, recordLimit / 2))
        batchBytes = max(1, min(configuration.batchBytes, byteLimit / 2))
    }

    mutating func append(_ record: Record) -> Admission {
        statistics.recorded += 1
        if isClosed { return drop(.shutdown) }
        let size = record.byteCount
        guard statistics.waiting < recordLimit, byteCount + size <= byteLimit else { return drop(.bufferFull) }
        held.append(Held(record: record, byteCount: size))
        statistics.waiting += 1
        byteCount += size
        heldBytes += size
        return held.count >= batchRecords || heldBytes >= batchBytes ? .full : .admitted
    }

    private mutating func drop(_ reason: ConnectorLogRecorder.DropReason) -> Admission {
        statistics.dropped[reason, default: 0] += 1
        return .dropped(reason)
    }

    /// All that is not under way, oldest first.
    mutating func takeAll() -> [Held] {
        defer { (held, heldBytes) = ([], 0) }
        return held
    }

    /// Records that were taken are done with.
    mutating func settle(byteCount: Int, accepted: Int, dropped: Int, _ reason: ConnectorLogRecorder.DropReason) {
        self.byteCount -= byteCount
        statistics.accepted += accepted
        statistics.waiting -= accepted + dropped
        if dropped > 0 { statistics.dropped[reason, default: 0] += dropped }
    }

    /// From now on every record is dropped.
    mutating func close() {
        isClosed = true
    }
}
