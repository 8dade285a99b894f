import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// HTTP/2 frame by frame, as no client shows it.
enum HTTP2Connection {
    struct Answer: Sendable {
        var status: String?
        var body = ""
        /// Whether its end came.
        var isWhole = false
        /// How the server ended the stream; nil when it closed the connection.
        var reset: HTTP2ErrorCode?
    }

    /// Sends the beginning of a body without a length, and returns what came until the stream or the connection ended.
    static func upload(to path: String, port: Int, tls: TLSConfiguration) async throws -> Answer {
        var tls = tls
        tls.applicationProtocols = ["h2"]
        let ssl = try NIOSSLContext(configuration: tls)
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "localhost", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: ssl, serverHostname: "localhost"), NIOHTTP2Handler(mode: .client))
                    return try NIOAsyncChannel<HTTP2Frame, HTTP2Frame>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            let headers: HPACKHeaders = [
                ":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": path,
            ]
            try await outbound.write(HTTP2Frame(streamID: 1, payload: .headers(.init(headers: headers))))
            let bytes = ByteBuffer(repeating: 0x20, count: 16_384)
            try await outbound.write(HTTP2Frame(streamID: 1, payload: .data(.init(data: .byteBuffer(bytes)))))
            var answer = Answer()
            for try await frame in inbound where frame.streamID == 1 {
                switch frame.payload {
                case .headers(let headers): answer.status = headers.headers.first(name: ":status")
                case .data(let data):
                    if case .byteBuffer(let bytes) = data.data { answer.body += String(buffer: bytes) }
                    answer.isWhole = data.endStream
                case .rstStream(let code):
                    answer.reset = code
                    return answer
                default: break
                }
            }
            return answer
        }
    }
}
