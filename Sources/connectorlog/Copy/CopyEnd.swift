import ArgumentParser
import ConnectorLogClickHouse
import ConnectorLogPostgres

/// One of the two stores of a copy.
enum CopyEnd: Sendable {
    /// A data directory; as a source also a database's file.
    case directory(String)
    case shared(ClickHouseAddress, PostgresConfiguration)

    /// Which of the two, as flags and variables call it.
    enum Side: String, Sendable {
        case from, to

        func variable(_ name: String) -> String { "CONNECTORLOG_\(rawValue.uppercased())_\(name)" }
    }

    init(
        _ side: Side, _ store: String, catalog: String?, environment: [String: String]
    ) throws(CommandFailure) {
        guard Self.isAddress(store) else {
            guard catalog == nil else {
                throw CommandFailure(
                    .usage, "--\(side)-catalog goes with --\(side) clickhouse://...: a data directory holds everything")
            }
            self = .directory(store)
            return
        }
        guard let catalog else {
            throw CommandFailure(.usage, "--\(side) clickhouse://... goes with --\(side)-catalog postgres://...")
        }
        func password(_ name: String) -> String? {
            environment[side.variable(name)].flatMap { $0.isEmpty ? nil : $0 }
        }
        let addresses = try StorageAddresses(
            store: store, storePassword: password("STORE_PASSWORD"), catalog: catalog,
            catalogPassword: password("CATALOG_PASSWORD"))
        guard case .shared(let clickHouse, let postgres) = addresses else {
            throw CommandFailure(.internalError, "an address of a shared store is none")
        }
        self = .shared(clickHouse, postgres)
    }

    private static func isAddress(_ text: String) -> Bool {
        text.hasPrefix("clickhouse://") || text.hasPrefix("clickhouses://")
    }

    /// What is wrong with a flag; nil when nothing is.
    static func problem(_ side: Side, _ store: String, catalog: String?) -> String? {
        if store.isEmpty { return "--\(side) names no store" }
        // Not taken for a directory: the message that there is none would show what it holds.
        if store.contains("://"), !isAddress(store) {
            return "--\(side) has to be a data directory or begin with clickhouse:// or clickhouses://"
        }
        for (flag, url, variable) in [
            ("\(side)", isAddress(store) ? store : nil, "STORE_PASSWORD"),
            ("\(side)-catalog", catalog, "CATALOG_PASSWORD"),
        ] {
            guard let url, StorageAddresses.holdsPassword(url) else { continue }
            return "--\(flag) may hold no password, which all users of the machine could see: put it into "
                + side.variable(variable)
        }
        return nil
    }

    /// The file of the master key; nil where there is no directory that could have it.
    var masterKeyFile: String? {
        guard case .directory(let path) = self else { return nil }
        return path + "/master-key"
    }
}
