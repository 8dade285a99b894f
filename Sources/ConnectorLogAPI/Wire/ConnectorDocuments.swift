package import ConnectorLogCore

/// A connector of the compatible API.
package struct ConnectorDocument: Decodable, Equatable, Sendable {
    package struct Configuration: Decodable, Equatable, Sendable {
        /// Counts up at each update.
        package var version: String
        package var configurationJSON: JSONValue
        package var createdAt: Timestamp
        package var updatedAt: Timestamp

        private enum CodingKeys: String, CodingKey {
            case version
            case configurationJSON = "configuration_json"
            case createdAt = "created_at"
            case updatedAt = "updated_at"
        }
    }

    package var connectorIdentifier: String
    package var name: String
    package var description: String?
    /// Absolute.
    package var logoURL: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// In lists only when asked for.
    package var configuration: Configuration?

    private enum CodingKeys: String, CodingKey {
        case name, description, configuration
        case connectorIdentifier = "connector_identifier"
        case logoURL = "logo_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

package struct ConnectorListDocument: Decodable, Equatable, Sendable {
    /// Of all connectors; the first 1,000 are listed.
    package var count: Int
    package var connectors: [ConnectorDocument]
}

/// Writes a connector of the compatible API.
package struct ConnectorAnswer: JSONWritable {
    package var connector: Connector
    package var logoURL: String?
    package var includesConfiguration: Bool

    package init(_ connector: Connector, logoURL: String?, includesConfiguration: Bool) {
        (self.connector, self.logoURL, self.includesConfiguration) = (connector, logoURL, includesConfiguration)
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("connector_identifier", connector.identifier)
            $0.member("name", connector.name)
            $0.member("description", connector.description)
            $0.member("logo_url", logoURL)
            $0.member("created_at", connector.createdAt)
            $0.member("updated_at", connector.updatedAt)
            if includesConfiguration { $0.member("configuration", connector.configuration) }
        }
    }
}

package struct ConnectorListAnswer: JSONWritable {
    package var connectors: [ConnectorAnswer]
    /// Of all connectors, also of those that are not listed.
    package var count: Int

    package init(_ connectors: [ConnectorAnswer], count: Int) {
        (self.connectors, self.count) = (connectors, count)
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("count", count)
            $0.member("connectors", connectors)
        }
    }
}

extension Connector.Configuration: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("version", String(version))
            $0.member("configuration_json", verbatim: self.json.utf8)
            $0.member("created_at", createdAt)
            $0.member("updated_at", updatedAt)
        }
    }
}

package struct LogoDocument: Decodable, Equatable, Sendable, JSONWritable {
    /// Absolute, at most 2,048 characters.
    package var logoURL: String

    package init(logoURL: String) {
        self.logoURL = logoURL
    }

    private enum CodingKeys: String, CodingKey {
        case logoURL = "logo_url"
    }

    package func write(to json: inout JSONWriter) {
        json.object { $0.member("logo_url", logoURL) }
    }
}
