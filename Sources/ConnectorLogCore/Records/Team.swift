/// A tenant. Everything but the teams themselves belongs to one; nobody sees another team's data.
package struct Team: Hashable, Sendable {
    /// 1 or more.
    package var id: Int64
    package var name: String
    package var createdAt: Timestamp

    package init(id: Int64, name: String, createdAt: Timestamp) {
        (self.id, self.name, self.createdAt) = (id, name, createdAt)
    }
}

/// What a key may do. `recorder` only writes: a key that leaks from a connector's host reads nothing.
package enum Role: String, Sendable, CaseIterable {
    case viewer, recorder, editor, admin

    package var reads: Bool { self != .recorder }
    package var records: Bool { self != .viewer }
    package var managesConnectors: Bool { self == .editor || self == .admin }
    package var managesKeys: Bool { self == .admin }
}

/// An API key as the catalog knows it: never the key itself, only its SHA-256.
package struct APIKey: Hashable, Sendable {
    package var id: String
    /// Nil for the owner's keys, which reach every team.
    package var teamID: Int64?
    package var name: String
    package var role: Role
    /// The first characters of the key (`clk_` and 4 more), to recognise it by.
    package var prefix: String
    package var createdAt: Timestamp
    package var lastUsedAt: Timestamp?
    package var expiresAt: Timestamp?

    package init(
        id: String, teamID: Int64?, name: String, role: Role, prefix: String, createdAt: Timestamp,
        lastUsedAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.role = role
        self.prefix = prefix
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }

    package var isOwner: Bool { teamID == nil && role == .admin }

    package func mayReach(team: Int64) -> Bool { teamID == nil || teamID == team }
}

/// What calls one vendor's API.
package struct Connector: Hashable, Sendable {
    /// `[A-Za-z0-9_-]{1,100}`, unique within a team.
    package var identifier: String
    package var teamID: Int64
    package var name: String
    package var description: String?
    /// The file name under which the logo is served, or nil without a logo.
    package var logoName: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var configuration: Configuration

    /// The connector's settings: a JSON object, kept as its text, and counted up at each update.
    package struct Configuration: Hashable, Sendable {
        package var version: Int
        package var json: String
        package var createdAt: Timestamp
        package var updatedAt: Timestamp

        package init(version: Int, json: String, createdAt: Timestamp, updatedAt: Timestamp) {
            (self.version, self.json, self.createdAt, self.updatedAt) = (version, json, createdAt, updatedAt)
        }
    }

    package init(
        identifier: String, teamID: Int64, name: String, description: String?, logoName: String?,
        createdAt: Timestamp, updatedAt: Timestamp, configuration: Configuration
    ) {
        self.identifier = identifier
        self.teamID = teamID
        self.name = name
        self.description = description
        self.logoName = logoName
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.configuration = configuration
    }

    package static func isIdentifier(_ text: some StringProtocol) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy(\.isIdentifierByte)
    }
}

extension UInt8 {
    /// A letter, a digit, `_` or `-` of ASCII.
    package var isIdentifierByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// A connector's picture, as uploaded.
package struct Logo: Hashable, Sendable {
    package var mediaType: String
    package var bytes: [UInt8]

    package init(mediaType: String, bytes: [UInt8]) {
        (self.mediaType, self.bytes) = (mediaType, bytes)
    }
}
