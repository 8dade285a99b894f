import NIOCore

/// Lines that are sent, and sent again, as one request.
struct Batch: Sendable {
    let idempotencyKey: String
    var lines = ByteBuffer()
    var records = 0
    /// What the records held in the buffer.
    var heldBytes = 0
}

/// Cuts records into batches as they are sent, so that no more than one batch is held beside the records.
struct BatchCutter {
    private let recordLimit: Int
    private let byteLimit: Int
    /// The next one is the last: each is let go of when its line is written.
    private var held: [RecordBuffer.Held]
    /// Did not fit into the batch before.
    private var carried: (line: ByteBuffer, heldBytes: Int)?

    init(_ held: [RecordBuffer.Held], recordLimit: Int, byteLimit: Int) {
        self.held = held.reversed()
        (self.recordLimit, self.byteLimit) = (max(1, recordLimit), byteLimit)
    }

    /// Nil when there is none left.
    mutating func next(_ form: FlatForm, idempotencyKey: @autoclosure () -> String) -> Batch? {
        guard let first = takeLine(form) else { return nil }
        var batch = Batch(idempotencyKey: idempotencyKey())
        var line = Optional(first)
        while let (bytes, heldBytes) = line {
            if batch.records > 0, batch.lines.readableBytes + bytes.readableBytes > byteLimit {
                carried = line
                break
            }
            batch.lines.writeImmutableBuffer(bytes)
            batch.records += 1
            batch.heldBytes += heldBytes
            line = batch.records < recordLimit ? takeLine(form) : nil
        }
        return batch
    }

    /// What is not in a batch yet.
    var rest: (records: Int, heldBytes: Int) {
        (held.count + (carried == nil ? 0 : 1), held.reduce(carried?.heldBytes ?? 0) { $0 + $1.byteCount })
    }

    private mutating func takeLine(_ form: FlatForm) -> (line: ByteBuffer, heldBytes: Int)? {
        if let carried {
            self.carried = nil
            return carried
        }
        return held.popLast().map { (form.line($0.record), $0.byteCount) }
    }
}
