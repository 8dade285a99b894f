import ArgumentParser
import Configuration

/// The settings as flags of `serve`. Names, help and defaults come from `Setting`; a test holds that none is left out.
struct SettingFlags: ParsableArguments {
    @Option(.host) var host: String?
    @Option(.port) var port: Int?
    @Flag(.otlp) var otlp: Bool?
    @Option(.otlpGRPCPort) var otlpGRPCPort: Int?
    @Option(.otlpHTTPPort) var otlpHTTPPort: Int?
    @Option(.data) var data: String?
    @Option(.store) var store: String?
    @Option(.catalog) var catalog: String?
    @Option(.tlsCertificate) var tlsCertificate: String?
    @Option(.tlsPrivateKey) var tlsPrivateKey: String?
    @Flag(.behindProxy) var behindProxy: Bool?
    @Option(.publicOrigin) var publicOrigin: String?
    @Option(.traceURL) var traceURL: String?
    @Option(.rateLimitPerHour) var rateLimitPerHour: Int?
    @Option(.failedAuthenticationsPerHour) var failedAuthenticationsPerHour: Int?
    @Option(.maximumConnections) var maximumConnections: Int?
    @Option(.idleSeconds) var idleSeconds: Int?
    @Option(.bodyLimit) var bodyLimit: Int?
    @Option(.ingestMemory) var ingestMemory: Int?
    @Flag(.invokerAllowPrivateTargets) var invokerAllowPrivateTargets: Bool?
    @Option(.invokerAllowedNetworks) var invokerAllowedNetworks: String?
    @Option(.invokerTrustedCertificates) var invokerTrustedCertificates: String?
    @Option(.retentionEntriesDays) var retentionEntriesDays: Int?
    @Option(.retentionDetailsDays) var retentionDetailsDays: Int?
    @Option(.logLevel) var logLevel: String?
    @Option(.logFormat) var logFormat: String?
    @Flag(.sample) var sample: Bool?

    /// What was given on the command line.
    var values: [Setting: ConfigContent] {
        let texts: [(Setting, String?)] = [
            (.host, host), (.data, data), (.store, store), (.catalog, catalog), (.tlsCertificate, tlsCertificate),
            (.tlsPrivateKey, tlsPrivateKey),
            (.publicOrigin, publicOrigin), (.traceURL, traceURL), (.logLevel, logLevel), (.logFormat, logFormat),
            (.invokerAllowedNetworks, invokerAllowedNetworks),
            (.invokerTrustedCertificates, invokerTrustedCertificates),
        ]
        let integers: [(Setting, Int?)] = [
            (.port, port), (.otlpGRPCPort, otlpGRPCPort), (.otlpHTTPPort, otlpHTTPPort),
            (.rateLimitPerHour, rateLimitPerHour), (.bodyLimit, bodyLimit),
            (.ingestMemory, ingestMemory), (.failedAuthenticationsPerHour, failedAuthenticationsPerHour),
            (.maximumConnections, maximumConnections), (.idleSeconds, idleSeconds),
            (.retentionEntriesDays, retentionEntriesDays), (.retentionDetailsDays, retentionDetailsDays),
        ]
        let toggles: [(Setting, Bool?)] = [
            (.otlp, otlp), (.behindProxy, behindProxy), (.sample, sample),
            (.invokerAllowPrivateTargets, invokerAllowPrivateTargets),
        ]
        var values: [Setting: ConfigContent] = [:]
        for (setting, text) in texts { values[setting] = text.map(ConfigContent.string) }
        for (setting, integer) in integers { values[setting] = integer.map(ConfigContent.int) }
        for (setting, toggle) in toggles { values[setting] = toggle.map(ConfigContent.bool) }
        return values
    }
}

extension Setting {
    fileprivate var help: ArgumentHelp {
        let placeholder: String? =
            switch kind {
            case .text(let placeholder): placeholder
            case .integer: "N"
            case .choice: "WORD"
            case .toggle: nil
            }
        let words = if case .choice = kind { " One of " + kindDescription + "." } else { "" }
        let standing = defaultValue.map { " (default: \($0))" } ?? ""
        return ArgumentHelp("\(summary)\(words)\(standing)", valueName: placeholder)
    }
}

extension Option {
    fileprivate init(_ setting: Setting) where Value == String? {
        self.init(name: .customLong(setting.name), help: setting.help)
    }

    fileprivate init(_ setting: Setting) where Value == Int? {
        self.init(name: .customLong(setting.name), help: setting.help)
    }
}

extension Flag where Value == Bool? {
    fileprivate init(_ setting: Setting) {
        self.init(name: .customLong(setting.name), inversion: .prefixedNo, help: setting.help)
    }
}
