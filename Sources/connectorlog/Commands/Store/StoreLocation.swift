import ArgumentParser

/// The store that a command works on by itself, without a server.
struct StoreLocation: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Data directory, or the file of a store (CONNECTORLOG_DATA; default: ./connectorlog-data).",
            valueName: "directory"))
    var data: String?

    func path(environment: [String: String]) -> String {
        let variable = environment["CONNECTORLOG_DATA"].flatMap { $0.isEmpty ? nil : $0 }
        return data ?? variable ?? "./connectorlog-data"
    }
}
