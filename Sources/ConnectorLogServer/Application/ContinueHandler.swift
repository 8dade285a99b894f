import ConnectorLogInvoker
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers `Expect: 100-continue` (RFC 9110, section 10.1.1) at once. Without it, curl waits a second before it sends a body
/// of more than a megabyte.
///
/// A request whose `Content-Length` no route takes gets its 413 instead, and need not send its body at all. Calls through
/// the invoker are of any length.
final class ContinueHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let maximumBodyBytes: Int

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), isAwaitingContinue(head) {
            let part = HTTPResponsePart.head(HTTPResponse(status: .continue))
            context.writeAndFlush(wrapOutboundOut(part), promise: nil)
        }
        context.fireChannelRead(data)
    }

    private func isAwaitingContinue(_ head: HTTPRequest) -> Bool {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        let isForInvoker = head.path?.hasPrefix(InvokerPath.prefix) ?? false
        return isForInvoker
            || head.headerFields[.contentLength].flatMap { Int($0) }.map { $0 <= maximumBodyBytes } ?? true
    }
}
