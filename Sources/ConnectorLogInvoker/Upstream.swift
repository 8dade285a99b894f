import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import Synchronization

/// The clients that call vendors: one for each event loop, so that a call never leaves the loop of its caller.
final class Upstream: Sendable {
    /// Shorter than vendors' own: a call that meets the closing of its connection fails.
    private static let idleTimeout = TimeAmount.seconds(4)
    static let connectTimeout = TimeAmount.seconds(10)

    /// What is one event loop's.
    struct Loop: Sendable {
        private static let mostPrototypes = 1000

        let client: HTTPClient
        private let table: NIOLoopBoundBox<CallTable>
        private let prototypes: NIOLoopBoundBox<[String: [String: HTTPClient.Request]]>

        /// On the loop alone.
        var calls: CallTable { table.value }

        /// A request without header fields and body. Most are kept, for to read a URL takes long.
        func request(_ method: String, to origin: String) throws -> HTTPClient.Request {
            if let known = prototypes.value[origin]?[method] { return known }
            let request = try HTTPClient.Request(url: origin, method: HTTPMethod(rawValue: method))
            if prototypes.value.count >= Self.mostPrototypes { prototypes.value.removeAll() }
            // Of methods there may be any number of names.
            if prototypes.value[origin]?.count ?? 0 < 16 { prototypes.value[origin, default: [:]][method] = request }
            return request
        }

        fileprivate init(_ loop: any EventLoop, _ networks: TargetNetworks, _ roots: NIOSSLTrustRoots?) {
            table = NIOLoopBoundBox(CallTable(loop: loop), eventLoop: loop)
            prototypes = NIOLoopBoundBox([:], eventLoop: loop)
            client = HTTPClient(
                eventLoopGroupProvider: .shared(loop), configuration: Upstream.configuration(table, networks, roots))
        }
    }

    let networks: TargetNetworks
    private let roots: NIOSSLTrustRoots?
    private let loops = Mutex<[ObjectIdentifier: Loop]>([:])

    init(networks: TargetNetworks, roots: NIOSSLTrustRoots?) {
        (self.networks, self.roots) = (networks, roots)
    }

    /// Call on the loop.
    func on(_ loop: any EventLoop) -> Loop {
        loop.preconditionInEventLoop()
        return loops.withLock { loops in
            if let known = loops[ObjectIdentifier(loop)] { return known }
            let new = Loop(loop, networks, roots)
            loops[ObjectIdentifier(loop)] = new
            return new
        }
    }

    func shutDown() async {
        let all = loops.withLock { loops in
            defer { loops = [:] }
            return Array(loops.values)
        }
        // What cannot be closed is closed with the process.
        for loop in all { try? await loop.client.shutdown() }
    }

    private static func configuration(
        _ calls: NIOLoopBoundBox<CallTable>, _ networks: TargetNetworks, _ roots: NIOSSLTrustRoots?
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        // Spans that go nowhere are made all the same, and read the URL again.
        configuration.tracing.tracer = nil
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: connectTimeout)
        configuration.connectionPool.idleTimeout = idleTimeout
        // How many there may be is a connector's own setting.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 100_000
        // Tried again here, a connection that is refused would be told of after ten seconds.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let roots {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = roots
            configuration.tlsConfiguration = tls
        }
        // Before the first byte of a call is sent: names may resolve to something else each time.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            check(channel, networks) {
                try addTap(to: channel, after: ByteToMessageHandler<HTTPResponseDecoder>.self, calls)
            }
        }
        configuration.http2ConnectionDebugInitializer = { channel in check(channel, networks) {} }
        configuration.http2StreamChannelDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                let codec = try pipeline.handler(type: HTTP2FramePayloadToHTTP1ClientCodec.self)
                try pipeline.addHandler(StatusGuard(), position: .before(codec))
                try addTap(to: channel, after: HTTP2FramePayloadToHTTP1ClientCodec.self, calls)
            }
        }
        return configuration
    }

    private static func check(
        _ channel: any Channel, _ networks: TargetNetworks, _ setUp: () throws -> Void
    ) -> EventLoopFuture<Void> {
        guard networks.allow(channel.remoteAddress) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(CallFailure.forbiddenTarget)
        }
        return channel.eventLoop.makeCompletedFuture { try setUp() }
    }

    private static func addTap<Codec: ChannelHandler>(
        to channel: any Channel, after codec: Codec.Type, _ calls: NIOLoopBoundBox<CallTable>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let codec = try pipeline.handler(type: codec)
        try pipeline.addHandler(UpstreamTap(calls: calls.value), position: .after(codec))
    }
}
