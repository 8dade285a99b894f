import AsyncHTTPClient
import ConnectorLogClient
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

let environment = ProcessInfo.processInfo.environment
let logURL = environment["CONNECTORLOG_URL"] ?? "http://127.0.0.1:8080"
guard let apiKey = environment["CONNECTORLOG_API_KEY"] else {
    print("CONNECTORLOG_API_KEY is not set: make a key with `connectorlog key create --team 1 --role recorder example`")
    exit(64)
}

let logger = Logger(label: "swift-client-example")
let recorder = ConnectorLogRecorder(configuration: try .init(baseURL: logURL, apiKey: apiKey), logger: logger)
