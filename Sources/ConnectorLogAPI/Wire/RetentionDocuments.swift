package import ConnectorLogCore

/// How long a team's records are kept, as `GET` and `PUT /v1/teams/{t}/retention` answer it.
package struct RetentionDocument: Codable, Equatable, Sendable {
    /// Null: for ever.
    package var entriesDays: Int?
    /// Null: as long as the entries.
    package var detailsDays: Int?
    /// Whether the team says nothing of its own, so that the server's default holds.
    package var isDefault: Bool

    package init(_ retention: Retention, isDefault: Bool) {
        (entriesDays, detailsDays) = (retention.entryDays, retention.detailDays)
        self.isDefault = isDefault
    }

    private enum CodingKeys: String, CodingKey {
        case entriesDays = "entries_days"
        case detailsDays = "details_days"
        case isDefault = "is_default"
    }
}

extension RetentionDocument: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("entries_days", entriesDays)
            $0.member("details_days", detailsDays)
            $0.member("is_default", isDefault)
        }
    }
}

/// What `PUT /v1/teams/{t}/retention` takes: both members, null for without end.
package struct NewRetentionDocument: Encodable, Equatable, Sendable {
    package var entriesDays: Int?
    package var detailsDays: Int?

    package init(entriesDays: Int?, detailsDays: Int?) {
        (self.entriesDays, self.detailsDays) = (entriesDays, detailsDays)
    }

    private enum CodingKeys: String, CodingKey {
        case entriesDays = "entries_days"
        case detailsDays = "details_days"
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        // Null is said, not left out.
        try members.encode(entriesDays, forKey: .entriesDays)
        try members.encode(detailsDays, forKey: .detailsDays)
    }
}

/// What is left of an erasure.
package struct ErasureDocument: Decodable, Equatable, Sendable {
    package var number: Int64
    /// `entry`, `state` or `connector`; text, so that clients survive a kind of a newer server.
    package var kind: String
    package var target: String
    package var keyID: String
    package var requestedAt: Timestamp
    /// Null while it is under way.
    package var completedAt: Timestamp?
    package var entries: Int
    package var faults: Int
    package var states: Int
    package var unreadableBlocks: Int

    private enum CodingKeys: String, CodingKey {
        case number, kind, target, entries, faults, states
        case keyID = "key_id"
        case requestedAt = "requested_at"
        case completedAt = "completed_at"
        case unreadableBlocks = "unreadable_blocks"
    }
}

extension Erasure: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("number", number)
            $0.member("kind", target.kind.rawValue)
            $0.member("target", target.name)
            $0.member("key_id", keyID)
            $0.member("requested_at", requestedAt)
            $0.member("completed_at", completedAt)
            $0.member("entries", entries)
            $0.member("faults", faults)
            $0.member("states", states)
            $0.member("unreadable_blocks", unreadableBlocks)
        }
    }
}
