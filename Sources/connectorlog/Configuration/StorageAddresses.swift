import ConnectorLogClickHouse
import ConnectorLogPostgres

/// Where a server keeps what it stores.
enum StorageAddresses: Sendable {
    /// In the data directory, for this server alone.
    case embedded
    /// In databases that any number of servers share.
    case shared(ClickHouseAddress, PostgresConfiguration)

    init(
        store: String?, storePassword: String?, catalog: String?, catalogPassword: String?
    ) throws(CommandFailure) {
        switch (store, catalog) {
        case (nil, nil): self = .embedded
        case (let store?, let catalog?):
            self = .shared(
                try Self.clickHouse(store, password: storePassword),
                try Self.postgres(catalog, password: catalogPassword))
        default:
            throw CommandFailure(.configuration, "store and catalog go together: give both or none")
        }
    }

    private static func clickHouse(_ url: String, password: String?) throws(CommandFailure) -> ClickHouseAddress {
        do {
            var address = try ClickHouseAddress(url)
            if let password { address.password = password }
            return address
        } catch {
            throw CommandFailure(.configuration, "the address in store \(error.message)")
        }
    }

    private static func postgres(_ url: String, password: String?) throws(CommandFailure) -> PostgresConfiguration {
        guard let address = PostgresAddress(url) else {
            throw CommandFailure(
                .configuration, "catalog has to be an address such as postgres://user@host:5432/connectorlog")
        }
        var configuration = PostgresConfiguration(address: address)
        configuration.password = password
        return configuration
    }

    /// What is wrong with an address that is given as a flag; nil when nothing is.
    static func problem(ofFlag setting: Setting, _ url: String) -> String? {
        guard holdsPassword(url) else { return nil }
        return "--\(setting.name) may hold no password, which all users of the machine could see: put it into "
            + "\(setting.environmentName)_PASSWORD"
    }

    /// Whether the part of an address that names the user names a password too, or one of libpq's options is one.
    static func holdsPassword(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") { return true }
        let options = rest.drop { $0 != "?" }.dropFirst().split(separator: "&")
        return options.contains { $0.hasPrefix("password=") || $0.hasPrefix("sslpassword=") }
    }
}
