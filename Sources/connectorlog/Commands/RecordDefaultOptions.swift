import ArgumentParser
import ConnectorLogCore

/// What records get that do not say it themselves. HTTP Archives and access logs have no place for it.
struct RecordDefaultOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The team of records that name none; without it the key's.", valueName: "id"))
    var team: Int64?

    @Option(
        help: ArgumentHelp(
            "Of archives and access logs: the connector; without it the name of the host.", valueName: "identifier"))
    var connector: String?

    @Option(help: "Of archives and access logs: what the connector was doing, such as data.load.")
    var event: String?

    @Option(help: ArgumentHelp("Of archives and access logs: the flow.", valueName: "id"))
    var flowID: String?

    @Option(help: ArgumentHelp("Of archives and access logs: the flow's name.", valueName: "name"))
    var flowName: String?

    @Option(help: ArgumentHelp("Of archives and access logs: the flow's version.", valueName: "version"))
    var flowVersion: String?

    @Option(help: ArgumentHelp("Of archives and access logs: the run.", valueName: "id"))
    var stateID: String?

    func validate() throws {
        if let team, team < 1 { throw ValidationError("--team has to be 1 or more") }
        if let connector, !Connector.isIdentifier(connector) {
            throw ValidationError("a connector's identifier has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        for (name, text) in [
            ("event", event), ("flow-id", flowID), ("flow-name", flowName), ("flow-version", flowVersion),
            ("state-id", stateID),
        ] {
            if let text, !(1...Limits.identifier).contains(text.unicodeScalars.count) {
                throw ValidationError("--\(name) has 1 to \(Limits.identifier) characters")
            }
        }
    }

    /// The parameters of the API.
    func resolve() -> [UploadFormat.Default] {
        let given: [(name: String, value: String?)] = [
            ("team_id", team.map(String.init)), ("connector", connector), ("event", event), ("flow_id", flowID),
            ("flow_name", flowName), ("flow_version", flowVersion), ("state_id", stateID),
        ]
        return given.compactMap { name, value in value.map { UploadFormat.Default(name: name, value: $0) } }
    }
}
