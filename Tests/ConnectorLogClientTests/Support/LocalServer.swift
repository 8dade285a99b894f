import NIOCore
import NIOHTTP1
import NIOPosix

/// A web server on loopback. What it is asked goes to a function, whose answer it sends.
struct LocalServer: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: String
    }

    struct Answer: Sendable {
        var status = HTTPResponseStatus.ok
        var headers = HTTPHeaders()
        var pieces: [String] = []
        /// The connection ends before the body does.
        var breaksOff = false
        /// The body comes to no end, and the connection stays; is called when all pieces are sent.
        var stalled: (@Sendable () -> Void)?
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Runs `body` with the server's URL.
    static func run(
        _ answer: @escaping @Sendable (Request) async -> Answer, _ body: (String) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let port = listener.channel.localAddress?.port ?? 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingDiscardingTaskGroup { connections in
                    try await listener.executeThenClose { inbound in
                        for try await connection in inbound {
                            // Clients go when they please.
                            connections.addTask { try? await serve(connection, answer) }
                        }
                    }
                }
            }
            try await body("http://127.0.0.1:\(port)")
            group.cancelAll()
        }
    }

    private static func serve(
        _ connection: Connection, _ answer: @Sendable (Request) async -> Answer
    ) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var request: Request?
            for try await part in inbound {
                switch part {
                case .head(let head): request = Request(head: head, body: "")
                case .body(let piece): request?.body += String(buffer: piece)
                case .end:
                    guard let whole = request else { return }
                    let answer = await answer(whole)
                    try await outbound.write(
                        .head(.init(version: .http1_1, status: answer.status, headers: answer.headers)))
                    for piece in answer.pieces {
                        try await outbound.write(.body(.byteBuffer(ByteBuffer(string: piece))))
                    }
                    if answer.breaksOff { return }
                    if let stalled = answer.stalled {
                        stalled()
                        continue
                    }
                    try await outbound.write(.end(nil))
                }
            }
        }
    }
}
