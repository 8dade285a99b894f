extension ConnectorLogRecorder {
    /// What became of all records so far: `recorded == accepted + dropped (all reasons) + waiting`.
    public struct Statistics: Sendable, Hashable {
        /// Given to the recorder.
        public var recorded = 0
        /// Stored by the server.
        public var accepted = 0
        /// Lost, and why.
        public var dropped: [DropReason: Int] = [:]
        /// In the buffer, or under way.
        public var waiting = 0
    }

    /// Why a record does not reach the server.
    public enum DropReason: String, Sendable, Hashable, CaseIterable {
        /// As many records, or bytes, as may be were waiting.
        case bufferFull = "buffer_full"
        /// The recorder had ended, or could not send the record before it had to.
        case shutdown
        /// The server could not be reached, or was overloaded, for as long as a batch is tried.
        case unavailable
        /// The server refused the whole request, as for a wrong key.
        case refused
        /// The server refused this record alone.
        case rejected
    }
}
