import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// Ends connections of which no more should be read: what is no HTTP is answered here, since it reaches no route, and a
/// request that was answered before all of it came is not read to its end, unless that is near.
///
/// One a connection, or a stream of HTTP/2. Answers under way are always finished first.
final class ClosingHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What comes instead of the rest of a body that cannot be read.
    struct BrokenBody: Error {}

    /// Bytes of a body that are read after the answer, so that the connection can go on.
    private static let readBytes = 65_536
    /// How long the client has to take its last answer.
    private static let answerPatience = TimeAmount.minutes(5)

    /// How long it has to close, once the system has all of the answer: much of it may still be on its way.
    private let closePatience: TimeAmount
    private let answerToNoHTTP: @Sendable (HTTPParserError) -> (head: HTTPResponse, body: ByteBuffer)
    private var isStream = false
    private var requestsBegun = 0
    private var requestsEnded = 0
    private var answersEnded = 0
    /// Until the last answer is with the system, all of it.
    private var answerWritten: EventLoopFuture<Void>?
    /// Of the request that began last; nil when it does not say.
    private var bodyBytesLeft: Int?
    private var failure: HTTPParserError?
    private var closesAfterAnswer = false
    private var isClosing = false

    init(
        closePatience: TimeAmount,
        answerToNoHTTP: @escaping @Sendable (HTTPParserError) -> (head: HTTPResponse, body: ByteBuffer)
    ) {
        self.closePatience = closePatience
        self.answerToNoHTTP = answerToNoHTTP
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let decoder = ByteToMessageHandler<HTTPRequestDecoder>.self
        isStream = (try? context.pipeline.syncOperations.handler(type: decoder)) == nil
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            requestsBegun += 1
            bodyBytesLeft = head.headerFields[.contentLength].flatMap { Int($0) }
        case .body(let bytes): bodyBytesLeft? -= bytes.readableBytes
        case .end: requestsEnded += 1
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind asks for more.
        if isClosing, !isStream { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // After its first error the parser only repeats that more has come.
        guard !isClosing, failure == nil else { return }
        guard let failure = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        self.failure = failure
        if answersEnded == requestsBegun {
            end(context, because: failure)
        } else if requestsEnded < requestsBegun {
            context.fireErrorCaught(BrokenBody())
        }
    }

    // MARK: - Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            let isWhole = requestsEnded > answersEnded
            closesAfterAnswer = !isWhole && (bodyBytesLeft ?? .max) > Self.readBytes
            if !isStream {
                // A limit was passed: the client is told at once that it should not go on.
                closesAfterAnswer = closesAfterAnswer || head.status == .contentTooLarge
                if closesAfterAnswer { head.headerFields[.connection] = "close" }
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            answersEnded += 1
            let written = promise ?? context.eventLoop.makePromise()
            answerWritten = written.futureResult
            context.write(data, promise: written)
            if closesAfterAnswer {
                close(context)
            } else if let failure, answersEnded == requestsBegun {
                end(context, because: failure)
            }
        default: context.write(data, promise: promise)
        }
    }

    /// After the answers to all that was HTTP.
    private func end(_ context: ChannelHandlerContext, because failure: HTTPParserError) {
        // What broke within a body has its answer already.
        if requestsEnded == requestsBegun {
            var (head, body) = answerToNoHTTP(failure)
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(body)), promise: nil)
            let written = context.eventLoop.makePromise(of: Void.self)
            answerWritten = written.futureResult
            context.write(wrapOutboundOut(.end(nil)), promise: written)
        }
        close(context)
    }

    /// Once the answer is out: a client on a slow line needs its time for a large one.
    private func close(_ context: ChannelHandlerContext) {
        isClosing = true
        context.flush()
        if !isStream { context.read() }
        let channel = context.channel
        let limit = context.eventLoop.scheduleTask(in: Self.answerPatience) { channel.close(promise: nil) }
        let written = answerWritten ?? context.eventLoop.makeSucceededVoidFuture()
        written.assumeIsolated().whenComplete { _ in
            limit.cancel()
            if self.isStream { self.reset(context) } else { self.closeInTwoSteps(context) }
        }
    }

    /// RFC 9112, section 9.6: closed at once while data comes in, the system would reset the connection, and the client
    /// might lose the answer.
    private func closeInTwoSteps(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: closePatience) { channel.close(promise: nil) }
    }

    /// RFC 9113, section 8.1: without an error, so that the client keeps the answer. A channel that is closed would say
    /// CANCEL.
    private func reset(_ context: ChannelHandlerContext) {
        let codec = HTTP2FramePayloadToHTTPServerCodec.self
        guard let codec = try? context.pipeline.syncOperations.context(handlerType: codec) else {
            return context.close(promise: nil)
        }
        codec.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.noError)), promise: nil)
    }
}
