import ConnectorLogCore

/// One setting of the server: its flag's help, its environment variable, its key in the file and its row in
/// `docs/configuration.md` all come from here.
struct Setting: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// Any text; the associated value stands for it in the help.
        case text(placeholder: String)
        case integer(ClosedRange<Int>)
        /// On or off.
        case toggle
        /// One of these words.
        case choice([String])
    }

    /// The flag without its dashes, and the key of the file.
    var name: String
    var kind: Kind
    /// As one would write it; nil when the setting is unset unless given.
    var defaultValue: String?
    var summary: String
    /// Secret settings have no flag (arguments are seen by every user of the machine) and are never printed.
    var isSecret: Bool

    init(_ name: String, _ kind: Kind, default defaultValue: String?, isSecret: Bool = false, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.summary = summary
        self.isSecret = isSecret
    }

    var environmentName: String {
        Self.environmentPrefix + "_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    static let environmentPrefix = "CONNECTORLOG"

    /// What a value of the setting has to be, for the table and for errors.
    var kindDescription: String {
        switch kind {
        case .text: "text"
        case .integer(let range): "integer, \(range.lowerBound)...\(range.upperBound)"
        case .toggle: "true or false"
        case .choice(let words): words.joined(separator: ", ")
        }
    }

    /// Where the setting may be given, for errors: nobody has to guess which of three places was wrong.
    var places: String {
        (isSecret ? [] : ["flag --\(name)"]).joined()
            + (isSecret ? "" : ", ") + "environment \(environmentName), or key \"\(name)\" of the configuration file"
    }
}

extension Setting {
    static let host = Setting(
        "host", .text(placeholder: "ADDRESS"), default: "127.0.0.1",
        "Address to listen on. Anything but loopback needs TLS or --behind-proxy.")
    static let port = Setting(
        "port", .integer(0...65535), default: "8080",
        "TCP port to listen on; 0 takes a free one.")
    static let otlp = Setting(
        "otlp", .toggle, default: "false",
        "Open the customary ports of OTLP as well: 4317 for gRPC, 4318 for HTTP. The main port takes OTLP/HTTP in any case."
    )
    static let otlpGRPCPort = Setting(
        "otlp-grpc-port", .integer(0...65535), default: nil,
        "TCP port for OTLP over gRPC; 0 takes a free one. Unset, none, or 4317 with --otlp.")
    static let otlpHTTPPort = Setting(
        "otlp-http-port", .integer(0...65535), default: nil,
        "TCP port for OTLP over HTTP alone; 0 takes a free one. Unset, none, or 4318 with --otlp.")
    static let data = Setting(
        "data", .text(placeholder: "DIRECTORY"), default: "./connectorlog-data",
        "Directory of the store, its keys and the first admin key. One process at a time.")
    static let store = Setting(
        "store", .text(placeholder: "URL"), default: nil,
        "Where entries are, when not in --data: clickhouse://user@host:port,host:port/database?cluster=NAME. With --catalog."
    )
    static let catalog = Setting(
        "catalog", .text(placeholder: "URL"), default: nil,
        "Where all else is: postgres://user@host:port/database, with the options of libpq. With --store.")
    static let storePassword = Setting(
        "store-password", .text(placeholder: "PASSWORD"), default: nil, isSecret: true,
        "The password of --store.")
    static let catalogPassword = Setting(
        "catalog-password", .text(placeholder: "PASSWORD"), default: nil, isSecret: true,
        "The password of --catalog; PGPASSWORD and PostgreSQL's own password file do as well.")
    static let tlsCertificate = Setting(
        "tls-certificate", .text(placeholder: "FILE"), default: nil,
        "Certificate chain in PEM. Together with --tls-private-key it turns on HTTPS and HTTP/2.")
    static let tlsPrivateKey = Setting(
        "tls-private-key", .text(placeholder: "FILE"), default: nil,
        "Private key of the certificate in PEM.")
    static let behindProxy = Setting(
        "behind-proxy", .toggle, default: "false",
        "A reverse proxy in front terminates TLS: plain HTTP on any address is allowed, X-Forwarded headers are read.")
    static let publicOrigin = Setting(
        "public-origin", .text(placeholder: "ORIGIN"), default: nil,
        "Origin under which clients reach the server, such as https://log.example.org; unset, the request's own.")
    static let traceURL = Setting(
        "trace-url", .text(placeholder: "URL"), default: nil,
        "Where traces are shown, such as https://jaeger.example/trace/{trace_id}: pages link trace ids there.")
    static let rateLimitPerHour = Setting(
        "rate-limit-per-hour", .integer(0...1_000_000_000), default: "10000",
        "Requests an hour that one key may make; 0 is unlimited. Ingest is limited by back-pressure alone.")
    static let failedAuthenticationsPerHour = Setting(
        "failed-authentications-per-hour", .integer(0...1_000_000_000), default: "1000",
        "Requests without a valid key that one address may make an hour until it gets 429; 0 is unlimited.")
    static let maximumConnections = Setting(
        "maximum-connections", .integer(1...1_000_000), default: "10000",
        "Connections of HTTP at once, on each port; past them new ones wait in the system's queue.")
    static let idleSeconds = Setting(
        "idle-seconds", .integer(1...86_400), default: "60",
        "Seconds that a connection may be silent before it is closed.")
    static let bodyLimit = Setting(
        "body-limit", .integer(0...Limits.largestBodyBytes), default: "262144",
        "Bytes of a request's or response's body that are kept; the rest is cut, and the entry says so.")
    static let ingestMemory = Setting(
        "ingest-memory", .integer((1 << 20)...(1 << 40)), default: "268435456",
        "Bytes that all ingest requests together may hold before they are stored. Past it the server answers 503.")
    static let invokerAllowPrivateTargets = Setting(
        "invoker-allow-private-targets", .toggle, default: "false",
        "Let connectors call hosts of private networks, loopback and link-local addresses through the invoker.")
    static let invokerAllowedNetworks = Setting(
        "invoker-allowed-networks", .text(placeholder: "LIST"), default: nil,
        "Private networks alone that connectors may call through the invoker, such as 10.1.0.0/16,fd00::/8.")
    static let invokerTrustedCertificates = Setting(
        "invoker-trusted-certificates", .text(placeholder: "FILE"), default: nil,
        "Certificates in PEM that vendors' are checked against by the invoker; unset, the system's.")
    static let retentionEntriesDays = Setting(
        "retention-entries-days", .integer(0...Retention.days.upperBound), default: "0",
        "Days that entries, faults and flow states are kept, by their own time; 0 is for ever. A team may say otherwise."
    )
    static let retentionDetailsDays = Setting(
        "retention-details-days", .integer(0...Retention.days.upperBound), default: "0",
        "Days that headers, bodies, attributes and receipts are kept; 0 is as long as the entries. A team may say otherwise."
    )
    static let logLevel = Setting(
        "log-level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
        "The least severe of the server's own log messages to write.")
    static let logFormat = Setting(
        "log-format", .choice(["line", "json"]), default: "line",
        "Form of the server's own log on standard error: a line for people, or a JSON object a line.")
    static let sample = Setting(
        "sample", .toggle, default: "false",
        "Record three sample flow runs against a sample vendor API on loopback, once, to look at.")
    static let adminKey = Setting(
        "admin-key", .text(placeholder: "KEY"), default: nil, isSecret: true,
        "The owner's key (clk_ and at least 32 of A-Z a-z 0-9 _ -) instead of a generated one. A new value replaces the old."
    )

    static let masterKey = Setting(
        "master-key", .text(placeholder: "KEY"), default: nil, isSecret: true,
        "The key that secrets are stored under (64 hexadecimal digits, or base64 of 32 bytes); unset, the file master-key."
    )

    /// In the order of the help and of the table.
    static let all: [Setting] = [
        .host, .port, .otlp, .otlpGRPCPort, .otlpHTTPPort, .data, .store, .catalog, .tlsCertificate,
        .tlsPrivateKey, .behindProxy,
        .publicOrigin, .traceURL,
        .rateLimitPerHour, .failedAuthenticationsPerHour, .maximumConnections, .idleSeconds, .bodyLimit,
        .ingestMemory, .invokerAllowPrivateTargets, .invokerAllowedNetworks, .invokerTrustedCertificates,
        .retentionEntriesDays, .retentionDetailsDays, .logLevel, .logFormat, .sample, .adminKey,
        .masterKey, .storePassword, .catalogPassword,
    ]
}
