package import ConnectorLogCore

package struct TeamDocument: Decodable, Equatable, Sendable {
    package var id: Int64
    package var name: String
    package var createdAt: Timestamp

    private enum CodingKeys: String, CodingKey {
        case id, name
        case createdAt = "created_at"
    }
}

extension Team: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("created_at", createdAt)
        }
    }
}

/// What `POST /v1/teams` takes.
package struct NewTeamDocument: Codable, Equatable, Sendable {
    /// 1...255 characters.
    package var name: String
    /// 1 or more; the next free one when left out.
    package var id: Int64?

    package init(name: String, id: Int64? = nil) {
        (self.name, self.id) = (name, id)
    }
}

/// An API key as lists show it: never the key itself, but once in the answer to its creation.
package struct KeyDocument: Decodable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var role: Role
    /// The first characters of the key.
    package var prefix: String
    package var createdAt: Timestamp
    /// To the minute.
    package var lastUsedAt: Timestamp?
    package var expiresAt: Timestamp?
    /// `clk_` and 43 characters of base64url; in the answer to the creation alone.
    package var key: String?

    private enum CodingKeys: String, CodingKey {
        case id, name, role, prefix, key
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
        case expiresAt = "expires_at"
    }
}

extension APIKey: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { writeMembers(to: &$0) }
    }

    package func writeMembers(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("name", name)
        json.member("role", role.rawValue)
        json.member("prefix", prefix)
        json.member("created_at", createdAt)
        json.member("last_used_at", lastUsedAt)
        json.member("expires_at", expiresAt)
    }
}

/// What `POST /v1/teams/{t}/keys` takes.
package struct NewKeyDocument: Codable, Equatable, Sendable {
    /// 1...255 characters.
    package var name: String
    package var role: Role
    /// RFC 3339; never when left out.
    package var expiresAt: String?

    package init(name: String, role: Role, expiresAt: String? = nil) {
        (self.name, self.role, self.expiresAt) = (name, role, expiresAt)
    }

    private enum CodingKeys: String, CodingKey {
        case name, role
        case expiresAt = "expires_at"
    }
}
