import AsyncHTTPClient

/// What a recorder sends with while it runs.
enum TransportSource: Sendable {
    /// An HTTP client for this recorder alone, or one of the host's.
    case http(HTTPClient?)
    case other(any BatchTransport)

    func use(
        _ configuration: ConnectorLogRecorder.Configuration, _ surroundings: Surroundings,
        _ body: @Sendable (any BatchTransport) async -> Void
    ) async {
        func transport(_ client: HTTPClient) -> HTTPBatchTransport {
            HTTPBatchTransport(client: client, configuration: configuration, sleep: surroundings.sleep)
        }
        switch self {
        case .other(let transport): await body(transport)
        case .http(let client?): await body(transport(client))
        case .http(nil):
            // What it throws is about closing connections that nobody needs any more.
            try? await HTTPClient.withHTTPClient(configuration: HTTPBatchTransport.clientConfiguration) { client in
                await body(transport(client))
            }
        }
    }
}
