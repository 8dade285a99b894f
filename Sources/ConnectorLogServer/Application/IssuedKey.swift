package import ConnectorLogAPI
package import ConnectorLogCore

/// A new API key, with the one text of it that there will ever be.
package struct IssuedKey: Sendable {
    package let record: APIKey
    /// `clk_` and 43 characters: 256 random bits in base64url.
    package let text: String
    /// What the catalog keeps instead of the text: its SHA-256.
    package let hash: [UInt8]

    /// - Parameter id: nil makes one.
    package static func make(
        id: String? = nil, name: String, role: Role, teamID: Int64?, expiresAt: Timestamp?, at now: Timestamp,
        randomBytes: (Int) -> [UInt8]
    ) -> IssuedKey {
        let text = "clk_" + Base64.encodeURLSafe(randomBytes(32))
        return IssuedKey(
            text: text, id: id ?? "key_" + Base64.encodeURLSafe(randomBytes(12)), name: name, role: role,
            teamID: teamID,
            expiresAt: expiresAt, at: now)
    }

    /// The record of a key that somebody chose.
    package init(
        text: String, id: String, name: String, role: Role, teamID: Int64?, expiresAt: Timestamp? = nil,
        at now: Timestamp
    ) {
        self.text = text
        hash = Authentication.hash(of: text)
        record = APIKey(
            id: id, teamID: teamID, name: name, role: role, prefix: String(text.prefix(8)), createdAt: now,
            expiresAt: expiresAt)
    }
}

extension IssuedKey: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            record.writeMembers(to: &$0)
            $0.member("key", text)
        }
    }
}
