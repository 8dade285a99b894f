public import AsyncHTTPClient
public import Logging
public import NIOCore

/// An HTTP client whose calls are recorded, by a recorder that neither delays nor changes them.
///
/// A call is recorded when its response's body was read to the end, when the host let go of the body before, or when the
/// call failed. Of bodies, the first ``ConnectorLogRecorder/Configuration/bodyBytes`` are copied as they pass by; a body
/// that is streamed stays a stream. Redirects that the client follows are one call.
///
/// A host may notice it by some differences: `collect(upTo:)` of a response whose `Content-Length` is too long throws when it
/// has read too much, not before; a response has no trailers; in its `history`, a streamed body is the recorder's.
public struct RecordingHTTPClient: Sendable {
    let recorder: ConnectorLogRecorder
    let connector: String
    let context: ConnectorLogContext
    let send: @Sendable (HTTPClientRequest, NIODeadline, Logger?) async throws -> HTTPClientResponse

    /// As `HTTPClient.execute(_:deadline:logger:)`, and throws what it throws.
    public func execute(
        _ request: HTTPClientRequest, deadline: NIODeadline, logger: Logger? = nil
    ) async throws -> HTTPClientResponse {
        let call = RecordedCall(
            request, connector: connector, context: context.over(.current), recorder: recorder)
        do {
            let request = await call.observeBody(of: request)
            var response = try await send(request, deadline, logger)
            call.observe(&response)
            return response
        } catch {
            call.fail(error)
            throw error
        }
    }

    /// As `HTTPClient.execute(_:timeout:logger:)`, and throws what it throws.
    public func execute(
        _ request: HTTPClientRequest, timeout: TimeAmount, logger: Logger? = nil
    ) async throws -> HTTPClientResponse {
        try await execute(request, deadline: .now() + timeout, logger: logger)
    }
}
