public import AsyncHTTPClient
public import Logging

extension ConnectorLogRecorder {
    /// Runs `body` with a recorder, and sends what it recorded before returning: for scripts, commands and tests, which
    /// have no service group. So it does when `body` throws, and when its task is cancelled: for
    /// ``Configuration/shutdownTimeout`` at most.
    ///
    /// - Parameters:
    ///   - configuration: where to send to.
    ///   - httpClient: what batches are sent with; nil makes one for this recorder.
    ///   - logger: is told of drops.
    ///   - body: is given the recorder.
    public static func with<Result: Sendable>(
        configuration: Configuration, httpClient: HTTPClient? = nil,
        logger: Logger = Logger(label: "ConnectorLogClient"),
        _ body: (ConnectorLogRecorder) async throws -> Result
    ) async throws -> Result {
        try await ConnectorLogRecorder(configuration: configuration, httpClient: httpClient, logger: logger)
            .runAround(body)
    }

    func runAround<Result: Sendable>(_ body: (ConnectorLogRecorder) async throws -> Result) async throws -> Result {
        // A child task would be cancelled with the caller's, and send nothing. It ends within the shutdown timeout.
        let sender = Task.detached { try await self.run() }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(self)) } catch { result = .failure(error) }
        finish()
        try await sender.value
        return try result.get()
    }
}
