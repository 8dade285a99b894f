import ConnectorLogAPI
package import ConnectorLogCore
package import ConnectorLogIngest
import Logging
import NIOCore

/// What OTLP over HTTP and over gRPC have in common: who may send, how a request is taken, and how it is counted.
package struct OTLPReceiver: Sendable {
    package let environment: ServerEnvironment

    package init(environment: ServerEnvironment) {
        self.environment = environment
    }

    /// Whose key the metadata `authorization` holds, and whether it may record.
    ///
    /// - Parameters:
    ///   - address: of the peer, `ipv4:ADDRESS:PORT` or `ipv6:[ADDRESS]:PORT`.
    ///   - forwarded: what a proxy in front says of the client (`x-forwarded-for`).
    package func admit(
        authorization: String?, address: String, forwarded: String?
    ) async throws(APIError) -> APIKey {
        let authentication = Authentication(environment: environment)
        let caller: APIKey
        do throws(Authentication.Refusal) {
            caller = try await authentication.caller(
                authorization: authorization,
                peer: PeerAddress(address: address, forwarded: forwarded, settings: environment.settings))
        } catch {
            throw error.error
        }
        environment.catalog.noteUse(ofKey: caller.id, at: environment.now)
        guard Route.exportTraces.access.permits(caller) else {
            throw APIError(.forbidden, "this call needs a key with role recorder")
        }
        return caller
    }

    package func open(_ format: OTLPFormat, key: APIKey) -> OpenOTLPSession {
        OpenOTLPSession(
            OTLPSession(
                pipeline: environment.dependencies.pipeline, format: format,
                caller: IngestCaller(key: key, catalog: environment.catalog)))
    }

    /// Runs `body` where bodies are decoded that take long, if this one may.
    package func onThreads(bytes: Int, _ body: () async throws -> OTLPOutcome) async throws -> OTLPOutcome {
        guard bytes >= IngestRoute.leastBytesForThreads else { return try await body() }
        return try await withTaskExecutorPreference(IngestRoute.threads) { try await body() }
    }

    /// - Parameter route: the path, or the method of gRPC.
    package func note(_ outcome: OTLPOutcome, signal: OTLPSignal, bytes: Int, route: String, key: APIKey) {
        environment.metrics.noteIngest(bytes: bytes)
        environment.metrics.noteOTLP(outcome, signal: signal)
        environment.rejections.note(
            outcome.rejected, outcome.firstRejected, route: route, key: key.id, environment.dependencies)
    }

    /// Takes memory for a message that is about to be read, whatever its length. Throws 503 when there is none.
    package func reserve(_ bytes: Int) throws(APIError) -> AdmissionHold {
        guard let hold = environment.dependencies.pipeline.hold(bytes) else {
            throw APIError.unavailable("too many requests are under way")
        }
        return hold
    }

    /// Counts an answer over gRPC, and writes the one line a request.
    ///
    /// - Parameter status: that of the same answer over HTTP, so that one alarm watches both.
    package func report(
        method: String, status: Int, key: APIKey?, cause: (any Error)?, duration: Duration
    ) {
        let requestID = RequestID.make(environment.dependencies.randomBytes)
        let logger = environment.dependencies.logger
        if let cause {
            logger.error(
                "request failed",
                metadata: ["request_id": "\(requestID)", "cause": "\(FailureCause.describe(cause))"])
        }
        environment.metrics.noteRequest(route: method, method: "gRPC", status: status, duration: duration)
        logger.info(
            "request",
            metadata: [
                "request_id": "\(requestID)", "method": "gRPC", "route": "\(method)", "status": "\(status)",
                "duration_ms": "\(duration.milliseconds)", "key": "\(key?.id ?? "none")",
            ])
    }
}

extension OTLPOutcome {
    /// What the sender is told of rejected records; nil when none was. Records that are nothing for us were not rejected:
    /// nothing is wrong with them.
    package func rejection(of signal: OTLPSignal) -> String? {
        guard rejected > 0 else { return nil }
        return "\(rejected) of \(records) \(signal.recordName) were not stored; the first: \(firstRejection ?? "")"
    }
}
