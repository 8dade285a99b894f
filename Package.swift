// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// The targets are the rooms of docs/architecture.md. Imports run one way:
// Core <- {API, Ingest, Secrets, BlockStore, ClickHouse, Postgres} <- Invoker <- Server <- connectorlog; only the executable
// names a concrete store.
// Connectors take ConnectorLogClient alone, which is why it imports none of the others.
let package = Package(
    name: "connectorlog",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "connectorlog", targets: ["connectorlog"]),
        .library(name: "ConnectorLogClient", targets: ["ConnectorLogClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.32.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.0"),
    ],
    targets: [
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CTokens"),
        .systemLibrary(name: "CByteSearch"),
        .target(
            name: "ConnectorLogCore",
            dependencies: ["CMalloc", "CByteSearch", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogAPI",
            dependencies: ["ConnectorLogCore"],
            resources: [.embedInCode("openapi.yaml")],
            swiftSettings: settings
        ),
        .target(
            name: "OTLPProtobuf",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["otlp.proto"],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogIngest",
            dependencies: [
                "ConnectorLogCore", "OTLPProtobuf", "CByteSearch", "CZstd", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogSecrets",
            dependencies: [
                "ConnectorLogCore",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogBlockStore",
            dependencies: [
                "ConnectorLogCore", "CTokens", "CZstd", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings + [.strictMemorySafety()]
        ),
        .target(
            name: "ConnectorLogClickHouse",
            dependencies: [
                "ConnectorLogCore", "CZlib",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogPostgres",
            dependencies: [
                "ConnectorLogCore", "CPostgres",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogInvoker",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogIngest",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogServer",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogIngest", "ConnectorLogInvoker",
                "ConnectorLogSecrets", "OTLPProtobuf", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Pages/Templates"), .embedInCode("Pages/Assets")],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogGRPC",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogIngest", "ConnectorLogServer", "OTLPProtobuf",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogTesting",
            dependencies: [
                "ConnectorLogCore", "OTLPProtobuf", "CZstd", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ConnectorLogClient",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "connectorlog",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogBlockStore", "ConnectorLogClickHouse",
                "ConnectorLogGRPC", "ConnectorLogIngest", "ConnectorLogInvoker", "ConnectorLogPostgres",
                "ConnectorLogSecrets", "ConnectorLogServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "swift-client-example",
            dependencies: [
                "ConnectorLogClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Examples/swift-client",
            exclude: ["README.md"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "redaction-benchmark",
            dependencies: ["ConnectorLogCore"],
            path: "Benchmarks/redaction",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogCoreTests",
            dependencies: ["ConnectorLogCore", "ConnectorLogTesting", "CByteSearch"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogTestingTests",
            dependencies: ["ConnectorLogCore", "ConnectorLogTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogIngestTests",
            dependencies: [
                "ConnectorLogClient", "ConnectorLogCore", "ConnectorLogIngest", "ConnectorLogTesting", "OTLPProtobuf",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogSecretsTests",
            dependencies: ["ConnectorLogCore", "ConnectorLogSecrets", "ConnectorLogTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogBlockStoreTests",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogBlockStore", "ConnectorLogTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogClickHouseTests",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogBlockStore", "ConnectorLogClickHouse", "ConnectorLogPostgres",
                "ConnectorLogTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogPostgresTests",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogPostgres", "ConnectorLogTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogInvokerTests",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogIngest", "ConnectorLogInvoker",
                "ConnectorLogTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogServerTests",
            dependencies: [
                "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogIngest", "ConnectorLogInvoker",
                "ConnectorLogSecrets", "ConnectorLogServer", "ConnectorLogTesting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConnectorLogClientTests",
            dependencies: [
                "ConnectorLogClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "connectorlogTests",
            dependencies: [
                "connectorlog", "ConnectorLogCore", "ConnectorLogAPI", "ConnectorLogBlockStore", "ConnectorLogIngest",
                "ConnectorLogSecrets", "ConnectorLogServer", "ConnectorLogTesting", "OTLPProtobuf",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ]
)

// libFuzzer brings a main function of its own, which no other build has: its target is there for `make fuzz-redaction` alone.
if Context.environment["CONNECTORLOG_FUZZER"] != nil {
    package.products.append(.library(name: "RedactionFuzz", type: .static, targets: ["RedactionFuzz"]))
    package.targets.append(
        .target(
            name: "RedactionFuzz", dependencies: ["ConnectorLogCore", "ConnectorLogIngest", "ConnectorLogTesting"],
            path: "Tests/RedactionFuzz", swiftSettings: settings))
}
