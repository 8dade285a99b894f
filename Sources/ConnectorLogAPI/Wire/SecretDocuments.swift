package import ConnectorLogCore

/// A secret as lists show it: never its value.
package struct SecretDocument: Decodable, Equatable, Sendable {
    /// `sec_` and nine hexadecimal digits, by which it is changed and deleted.
    package var placeholder: String
    package var name: String
    package var ignoresCase: Bool
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    private enum CodingKeys: String, CodingKey {
        case placeholder = "secret_placeholder"
        case name = "secret_name"
        case ignoresCase = "ignore_case"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

package struct SecretListDocument: Decodable, Equatable, Sendable {
    package var count: Int
    package var secrets: [SecretDocument]
}

/// Writes the secrets of a connector, or of a team. The first two members of each are those of the compatible API.
package struct SecretListAnswer: JSONWritable {
    package var secrets: [SecretRecord]

    package init(_ secrets: [SecretRecord]) {
        self.secrets = secrets
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("count", secrets.count)
            $0.name("secrets")
            $0.array { json in
                for secret in secrets { Self.write(secret, to: &json) }
            }
        }
    }

    /// `SecretRecord` itself is not writable: it holds the sealed value.
    private static func write(_ secret: SecretRecord, to json: inout JSONWriter) {
        json.object {
            $0.member("secret_placeholder", secret.placeholder)
            $0.member("secret_name", secret.name)
            $0.member("ignore_case", secret.ignoresCase)
            $0.member("created_at", secret.createdAt)
            $0.member("updated_at", secret.updatedAt)
        }
    }
}

/// What creates a secret.
package struct NewSecretDocument: Encodable, Sendable, CustomStringConvertible, CustomReflectable {
    package var name: String
    package var value: String
    package var ignoresCase: Bool

    package init(name: String, value: String, ignoresCase: Bool) {
        (self.name, self.value, self.ignoresCase) = (name, value, ignoresCase)
    }

    package var description: String { "NewSecretDocument" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private enum CodingKeys: String, CodingKey {
        case name = "secret_name"
        case value = "secret_value"
        case ignoresCase = "ignore_case"
    }
}

/// What gives a secret another value.
package struct SecretChangeDocument: Encodable, Sendable, CustomStringConvertible, CustomReflectable {
    package var value: String

    package init(value: String) {
        self.value = value
    }

    package var description: String { "SecretChangeDocument" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private enum CodingKeys: String, CodingKey {
        case value = "secret_value"
    }
}
