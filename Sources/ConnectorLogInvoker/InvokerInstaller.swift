import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Puts an `InvokerHandler` behind the server's own handlers once the first request comes: it is among them that a
/// pipeline is set up, and what knows when a connection is idle has to see the invoker's requests and answers, too.
final class InvokerInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let invoker: Invoker

    init(invoker: Invoker) {
        self.invoker = invoker
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let pipeline = context.pipeline.syncOperations
        do {
            let last = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            try pipeline.addHandler(InvokerHandler(invoker: invoker), position: .after(last))
        } catch {
            return context.fireErrorCaught(error)
        }
        context.fireChannelRead(data)
        pipeline.removeHandler(self, promise: nil)
    }
}
