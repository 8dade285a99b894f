import Configuration
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogInvoker
import ConnectorLogSecrets
import ConnectorLogServer
import Logging

/// Every setting of `serve`, read and checked before anything is opened.
struct ServeConfiguration: Sendable {
    enum LogFormat: String, Sendable {
        case line, json
    }

    var server: ServerSettings
    var ingest: IngestLimits
    var dataDirectory: String
    var storage: StorageAddresses
    var logLevel: Logger.Level
    var logFormat: LogFormat
    var recordsSample: Bool
    /// Nil: OTLP over gRPC is not served.
    var otlpGRPCPort: Int?
    /// Nil: OTLP over HTTP is on the main port alone.
    var otlpHTTPPort: Int?
    /// Secret.
    var adminKey: String?
    var masterKey: MasterKey?

    static func load(from sources: SettingSources) async throws(CommandFailure) -> ServeConfiguration {
        let values = SettingValues(reader: sources.reader)
        var ingest = IngestLimits()
        ingest.bodyBytes = try await values.integer(.bodyLimit)
        ingest.bytesInFlight = try await values.integer(.ingestMemory)
        let hasCustomaryPorts = try await values.toggle(.otlp)
        let configuration = ServeConfiguration(
            server: try await server(from: values),
            ingest: ingest,
            dataDirectory: try await values.requiredText(.data),
            storage: try await storage(from: values, flags: sources.flags),
            logLevel: Logger.Level(rawValue: try await values.requiredText(.logLevel)) ?? .info,
            logFormat: LogFormat(rawValue: try await values.requiredText(.logFormat)) ?? .line,
            recordsSample: try await values.toggle(.sample),
            otlpGRPCPort: try await values.optionalInteger(.otlpGRPCPort) ?? (hasCustomaryPorts ? 4317 : nil),
            otlpHTTPPort: try await values.optionalInteger(.otlpHTTPPort) ?? (hasCustomaryPorts ? 4318 : nil),
            adminKey: try await values.text(.adminKey),
            masterKey: try masterKey(try await values.text(.masterKey))
        )
        try configuration.checkAdminKey()
        try configuration.checkSharedKeys()
        if configuration.recordsSample, configuration.server.tls != nil {
            throw CommandFailure(
                .configuration, "--sample is for a first look over plain HTTP on loopback: leave the TLS settings out")
        }
        return configuration
    }

    private static func server(from values: SettingValues) async throws(CommandFailure) -> ServerSettings {
        var settings = ServerSettings()
        settings.host = try await values.requiredText(.host)
        settings.port = try await values.integer(.port)
        switch (try await values.text(.tlsCertificate), try await values.text(.tlsPrivateKey)) {
        case (nil, nil): break
        case (let certificate?, let privateKey?):
            settings.tls = ServerSettings.TLSFiles(certificate: certificate, privateKey: privateKey)
        default:
            throw CommandFailure(.configuration, "tls-certificate and tls-private-key go together: give both or none")
        }
        settings.isBehindProxy = try await values.toggle(.behindProxy)
        settings.publicOrigin = try await values.text(.publicOrigin)
        settings.traceURL = try await values.text(.traceURL)
        settings.rateLimitPerHour = try await values.integer(.rateLimitPerHour)
        settings.failedAuthenticationsPerHour = try await values.integer(.failedAuthenticationsPerHour)
        settings.maximumConnections = try await values.integer(.maximumConnections)
        settings.idleSeconds = try await values.integer(.idleSeconds)
        settings.retention = try await retention(from: values)
        settings.invokerNetworks = try await invokerNetworks(from: values)
        settings.invokerTrustedCertificates = try await values.text(.invokerTrustedCertificates)
        if let problem = settings.problem { throw CommandFailure(.configuration, problem) }
        return settings
    }

    private static func retention(from values: SettingValues) async throws(CommandFailure) -> Retention {
        let entries = try await values.integer(.retentionEntriesDays)
        let details = try await values.integer(.retentionDetailsDays)
        guard let retention = Retention(entryDays: entries > 0 ? entries : nil, detailDays: details > 0 ? details : nil)
        else {
            throw CommandFailure(
                .configuration, "retention-details-days has to be at most retention-entries-days: details go first")
        }
        return retention
    }

    private static func invokerNetworks(from values: SettingValues) async throws(CommandFailure) -> TargetNetworks {
        if try await values.toggle(.invokerAllowPrivateTargets) { return .all }
        let list = try await values.text(.invokerAllowedNetworks) ?? ""
        var networks = TargetNetworks()
        for text in list.split(separator: ",") {
            guard let network = TargetNetworks.Network(String(text.filter { $0 != " " })) else {
                throw CommandFailure(
                    .configuration, "invoker-allowed-networks: \(text) is no network such as 10.1.0.0/16 or fd00::/8")
            }
            networks.allowed.append(network)
        }
        return networks
    }

    private func checkAdminKey() throws(CommandFailure) {
        guard let adminKey, !Self.isAdminKey(adminKey) else { return }
        throw CommandFailure(
            .configuration,
            "\(Setting.adminKey.environmentName) has to be clk_ and at least 32 of A-Z a-z 0-9 _ -")
    }

    private static func storage(
        from values: SettingValues, flags: [Setting: ConfigContent]
    ) async throws(CommandFailure) -> StorageAddresses {
        for setting in [Setting.store, .catalog] {
            guard case .string(let url)? = flags[setting] else { continue }
            if let problem = StorageAddresses.problem(ofFlag: setting, url) {
                throw CommandFailure(.configuration, problem)
            }
        }
        return try StorageAddresses(
            store: try await values.text(.store), storePassword: try await values.text(.storePassword),
            catalog: try await values.text(.catalog), catalogPassword: try await values.text(.catalogPassword))
    }

    /// Servers that share a store have to sign and seal with one key: none may make its own.
    private func checkSharedKeys() throws(CommandFailure) {
        guard case .shared = storage, masterKey == nil else { return }
        throw CommandFailure(
            .configuration,
            "with --store and --catalog, \(Setting.masterKey.environmentName) has to be set, the same for all servers of "
                + "the store: \(Self.masterKeyForm)")
    }

    static let masterKeyForm = "64 hexadecimal digits, or 32 bytes in base64"

    private static func masterKey(_ text: String?) throws(CommandFailure) -> MasterKey? {
        guard let text else { return nil }
        guard let key = MasterKey(text: text) else {
            throw CommandFailure(.configuration, "\(Setting.masterKey.environmentName) has to be \(masterKeyForm)")
        }
        return key
    }

    static func isAdminKey(_ text: String) -> Bool {
        text.hasPrefix("clk_") && (36...256).contains(text.utf8.count) && text.utf8.allSatisfy(\.isIdentifierByte)
    }
}

/// Typed reads with the table's defaults, ranges and words.
private struct SettingValues {
    let reader: ConfigReader

    func text(_ setting: Setting) async throws(CommandFailure) -> String? {
        let text: String?
        do {
            text = try await reader.fetchString(forKey: setting.key, isSecret: setting.isSecret)
        } catch {
            throw wrong(setting)
        }
        guard let text = text ?? setting.defaultValue else { return nil }
        if case .choice(let words) = setting.kind, !words.contains(text) { throw wrong(setting) }
        guard !text.isEmpty else { throw wrong(setting) }
        return text
    }

    func requiredText(_ setting: Setting) async throws(CommandFailure) -> String {
        guard let text = try await text(setting) else { throw wrong(setting) }
        return text
    }

    func integer(_ setting: Setting) async throws(CommandFailure) -> Int {
        guard let value = try await optionalInteger(setting) else { throw wrong(setting) }
        return value
    }

    /// Nil when it is not given, and has no default.
    func optionalInteger(_ setting: Setting) async throws(CommandFailure) -> Int? {
        guard case .integer(let range) = setting.kind else { throw wrong(setting) }
        let given: Int?
        do {
            given = try await reader.fetchInt(forKey: setting.key)
        } catch {
            throw wrong(setting)
        }
        guard let value = given ?? setting.defaultValue.flatMap({ Int($0) }) else { return nil }
        guard range.contains(value) else { throw wrong(setting) }
        return value
    }

    func toggle(_ setting: Setting) async throws(CommandFailure) -> Bool {
        do {
            return try await reader.fetchBool(forKey: setting.key) ?? (setting.defaultValue == "true")
        } catch {
            throw wrong(setting)
        }
    }

    /// Never carries the value, which may be secret.
    private func wrong(_ setting: Setting) -> CommandFailure {
        CommandFailure(.configuration, "\(setting.name) has to be \(setting.kindDescription) (\(setting.places))")
    }
}
