package import ConnectorLogCore
package import ConnectorLogIngest
package import Logging
package import NIOCore
package import NIOSSL
import ServiceLifecycle

/// The gateway: connectors call vendors through it, and it records the calls.
///
/// A call stays on the event loop of its caller's connection from the first byte to the last; what is recorded leaves it
/// for `recorder` (docs/adr/0013).
package final class Invoker: Service {
    /// How much of a body is kept beyond what is stored, so that a secret that stands across the cut is seen whole.
    private static let captureMargin = 16 << 10

    let upstream: Upstream
    let limits = CallLimits()
    let recorder: CallRecorder
    let door: any InvokerDoor
    let now: @Sendable () -> Timestamp
    let randomBytes: @Sendable (Int) -> [UInt8]
    /// Bytes of a body that are kept until it is redacted.
    let captureBytes: Int
    /// Room for what is kept of bodies, out of the budget of ingest.
    let hold: @Sendable (Int) -> AdmissionHold?

    /// - Parameter roots: of certificates that vendors' are checked against; nil for the system's.
    package init(
        pipeline: IngestPipeline, door: any InvokerDoor, networks: TargetNetworks, roots: NIOSSLTrustRoots? = nil,
        now: @escaping @Sendable () -> Timestamp, clock: any Clock<Duration>,
        randomBytes: @escaping @Sendable (Int) -> [UInt8], logger: Logger
    ) {
        upstream = Upstream(networks: networks, roots: roots)
        recorder = CallRecorder(pipeline: pipeline, door: door, clock: clock, logger: logger)
        self.door = door
        self.now = now
        self.randomBytes = randomBytes
        captureBytes = pipeline.limits.bodyBytes + Self.captureMargin
        hold = { pipeline.holdOfSpare($0) }
    }

    /// Records calls until the server stops, once no connection of it is left.
    package func run() async throws {
        await recorder.run()
        await upstream.shutDown()
    }

    /// One for each connection, or stream of HTTP/2.
    package func makeHandler() -> some RemovableChannelHandler { InvokerInstaller(invoker: self) }
}
