import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// Sits on a connection to a vendor, or a stream of one, between the client's codec and its own handler: it puts on the
/// wire what async-http-client has no place for (the target byte for byte, trailers), and takes off it what that drops.
///
/// A call is known by a number in a header field that only goes as far as here.
final class UpstreamTap: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    static let slotField = "connector-log-slot"

    private let calls: CallTable
    private var call: InvokedCall?
    private var isBroken = false

    init(calls: CallTable) {
        self.calls = calls
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            call = head.headers.first(name: Self.slotField).flatMap { Int($0) }.flatMap { calls[$0] }
            head.headers.remove(name: Self.slotField)
            if let call { head.uri = call.target }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end(let trailers):
            context.write(wrapOutboundOut(.end(call?.requestTrailers ?? trailers)), promise: promise)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // The client's handler takes any number for a status, and ends the process on one below 100. Nobody asked for
            // another protocol (101).
            guard head.status.code >= 100, head.status.code != 101 else { return breakOff(context) }
            if head.status.code >= 200 { call?.noteAnswer(version: head.version) }
            context.fireChannelRead(data)
        case .body(let bytes):
            call?.noteArrival(of: bytes.readableBytes)
            context.fireChannelRead(data)
        case .end(let trailers):
            let ended = call
            call = nil
            ended?.noteEnd(trailers, on: context.channel)
            context.fireChannelRead(data)
        }
    }

    private func breakOff(_ context: ChannelHandlerContext) {
        isBroken = true
        context.fireErrorCaught(HTTPParserError.invalidStatus)
        context.close(promise: nil)
    }
}

/// Refuses statuses on a stream of HTTP/2 that are none (RFC 9113, section 8.3.2): the codec behind it would end the process.
final class StatusGuard: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    private var isBroken = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        if case .headers(let frame) = unwrapInboundIn(data), !Self.isFit(frame.headers) {
            isBroken = true
            context.fireErrorCaught(HTTPParserError.invalidStatus)
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    /// Trailers have no status.
    static func isFit(_ headers: HPACKHeaders) -> Bool {
        headers[":status"].allSatisfy { status in
            status.utf8.count == 3 && status.utf8.allSatisfy { (0x30...0x39).contains($0) } && status.first != "0"
        }
    }
}
