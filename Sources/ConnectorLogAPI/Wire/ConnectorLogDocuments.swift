package import ConnectorLogCore

/// A log entry as the compatible API shows it. Every member is always there.
package struct ConnectorLogDocument: Decodable, Equatable, Sendable {
    package var id: String
    package var logTime: Timestamp
    package var status: Int?
    package var event: String?
    /// Method, a space, and the path with its query, at most 1,000 characters.
    package var request: String?
    /// Milliseconds.
    package var durationMilliseconds: Int?
    /// A UUID; null as well when the sender's request id is none.
    package var requestID: String?

    private enum CodingKeys: String, CodingKey {
        case id, status, event, request
        case logTime = "log_time"
        case durationMilliseconds = "duration_ms"
        case requestID = "request_id"
    }
}

package struct ConnectorLogListDocument: Decodable, Equatable, Sendable {
    package var logs: [ConnectorLogDocument]
}

/// Writes an entry of the compatible API.
package struct ConnectorLogAnswer: JSONWritable {
    private let entry: EntrySummary

    package init(_ entry: EntrySummary) {
        self.entry = entry
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("id", entry.id)
            $0.member("log_time", entry.logTime)
            $0.member("status", entry.status)
            $0.member("event", entry.event?.prefix(scalars: 255))
            $0.member("request", entry.request)
            $0.member("duration_ms", entry.durationMicroseconds.map(Self.milliseconds))
            // Clients hand anything else through as if it were one.
            $0.member("request_id", entry.requestID.flatMap { EntryID($0) == nil ? nil : $0 })
        }
    }

    /// Rounded half up, within an int32.
    private static func milliseconds(_ microseconds: Int64) -> Int64 {
        min((max(microseconds, 0) + 500) / 1000, Int64(Int32.max))
    }
}

package struct ConnectorLogListAnswer: JSONWritable {
    package var logs: [ConnectorLogAnswer]

    package init(_ logs: [ConnectorLogAnswer]) {
        self.logs = logs
    }

    package func write(to json: inout JSONWriter) {
        json.object { $0.member("logs", logs) }
    }
}
