public import AsyncHTTPClient

extension HTTPClient {
    /// This client, with each call recorded:
    ///
    /// ```swift
    /// let hubspot = httpClient.recording(to: recorder, connector: "hubspot")
    /// let response = try await hubspot.execute(request, timeout: .seconds(30))
    /// ```
    ///
    /// - Parameters:
    ///   - recorder: takes the calls. This client may be another than it sends with, or the same: only calls of the value
    ///     returned here are recorded.
    ///   - connector: the vendor's API: letters, digits, `_` and `-`.
    ///   - context: of all calls of this client. The task's ``ConnectorLogContext/current`` fills in what it leaves open.
    public func recording(
        to recorder: ConnectorLogRecorder, connector: String, context: ConnectorLogContext = ConnectorLogContext()
    ) -> RecordingHTTPClient {
        RecordingHTTPClient(recorder: recorder, connector: connector, context: context) { request, deadline, logger in
            try await self.execute(request, deadline: deadline, logger: logger)
        }
    }
}
